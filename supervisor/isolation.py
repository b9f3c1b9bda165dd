"""What sets a process apart: session, parent-death signal, limits, environment. Linux calls by ctypes.

Called in the job process right after the fork, and partly by intake and keeper. Standard library only.
"""

import ctypes
import os
import resource
import signal

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

OPEN_FILES = 4096
NICE = 5
OOM_SCORE = 500

# Nothing else of the supervisor's environment reaches a job: it holds the passwords of database and Redis.
KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "AVIO_FAULT")

_libc = ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}): {os.strerror(number)}")


def die_with_parent(parent: int) -> None:
    """Be killed when `parent` dies; leave at once if it is dead already.

    It is the death of the parent's forking thread that counts, and a change of uid clears it.
    """
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every orphaned descendant, so that none can slip away."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def set_apart(parent: int) -> None:
    """Give the calling process a session of its own and tie its life to `parent`."""
    os.setsid()
    die_with_parent(parent)


def limit() -> None:
    """Set limits and priorities: no core dumps (they hold secrets), few files, first to go when memory ends."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    os.nice(NICE)
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write(str(OOM_SCORE))
    _prctl(PR_SET_DUMPABLE, 0)
    _prctl(PR_SET_NO_NEW_PRIVS, 1)


def scrub_environment(directory: str, tag: str) -> None:
    """Leave only what a job needs; its home and temporary directory are `directory`, children are found by `tag`."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    os.environ.clear()
    os.environ.update(kept, HOME=directory, TMPDIR=directory, AVIO_ATTEMPT=tag)
