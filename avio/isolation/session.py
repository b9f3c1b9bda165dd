"""Relations between processes by prctl(2): parent-death signal, orphans, access by other processes.

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
    """Let the kernel kill this process when `parent` dies. Exit at once if it is dead already.

    The kernel sends the signal when the parent's forking thread dies. A change of uid clears it.
    """
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every orphaned descendant, so that none escapes."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def hide_memory() -> None:
    """Deny other processes of the same user access to this one: no core dump, no ptrace, no /proc/PID/mem."""
    prctl(PR_SET_DUMPABLE, 0)


def own_proc() -> None:
    """Undo what a parent's `hide_memory` left: else the files in /proc/self belong to root, and can't be written."""
    prctl(PR_SET_DUMPABLE, 1)


def gain_nothing() -> None:
    """Disable new rights by other programs, such as setuid programs."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
