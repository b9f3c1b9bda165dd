"""Limits and priorities that a process gives itself."""

import os
import resource

from avio.isolation.calls import MACHINE, Unavailable, syscall

OOM_SCORE = 500

_IOPRIO_SET = {"x86_64": 251, "aarch64": 30}
_OF_PROCESS = 1
_IDLE_CLASS = 3 << 13


def limit(*, files: int, file_size: int, processes: int) -> None:
    """Allow no core dump (it holds secrets), and no more open files, bytes in a file and processes than given.

    0 leaves a limit as it is; what is given is cut to what the process may have.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_NOFILE, files)
    _lower(resource.RLIMIT_FSIZE, file_size)
    _lower(resource.RLIMIT_NPROC, processes)


def step_back(nice: int) -> None:
    """Let others have the processor first."""
    os.nice(nice)


def idle_io() -> None:
    """Let others have the disk first: read and write only while nobody else does."""
    if MACHINE not in _IOPRIO_SET:
        raise Unavailable(f"not known for {MACHINE}")
    syscall(_IOPRIO_SET[MACHINE], _OF_PROCESS, 0, _IDLE_CLASS)


def go_first() -> None:
    """Be the first to be killed when the machine runs out of memory: a job can be done again."""
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write(str(OOM_SCORE))


def _lower(what: int, most: int) -> None:
    if most:
        _, hard = resource.getrlimit(what)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, allowed))
