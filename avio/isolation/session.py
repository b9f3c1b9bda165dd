"""Tying processes together and apart: parent-death signal, orphans, what others may see. By prctl(2).

Used in the job process, in keeper and in intake.
"""

import os
import signal

from avio.isolation.calls import prctl

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38


def die_with_parent(parent: int) -> None:
    """Be killed when `parent` dies; leave at once if it is dead already.

    It is the death of the parent's forking thread that counts, and a change of uid clears it.
    """
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every orphaned descendant, so that none can slip away."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def hide_memory() -> None:
    """Let no other process of the same user look into this one: no core dump, no ptrace, no /proc/PID/mem."""
    prctl(PR_SET_DUMPABLE, 0)


def gain_nothing() -> None:
    """Gain no rights by running another program, setuid ones included."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
