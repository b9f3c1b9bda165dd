"""Limits and priorities that a process sets for itself."""

import os
import resource

from avio.isolation.calls import MACHINE, Unavailable, syscall

OOM_SCORE = 500

_IOPRIO_SET = {"x86_64": 251, "aarch64": 30}
_OF_PROCESS = 1
_IDLE_CLASS = 3 << 13


def limit(*, files: int, file_size: int, processes: int) -> None:
    """Disable core dumps (they have secrets), and limit open files, bytes in a file and processes.

    0 leaves a limit unchanged. A value above the hard limit is reduced to it.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_NOFILE, files)
    _lower(resource.RLIMIT_FSIZE, file_size)
    _lower(resource.RLIMIT_NPROC, processes)


def step_back(nice: int) -> None:
    """Lower the processor priority by `nice`."""
    os.nice(nice)


def idle_io() -> None:
    """Use the disk only while no other process does."""
    if MACHINE not in _IOPRIO_SET:
        raise Unavailable(f"unknown for {MACHINE}")
    syscall(_IOPRIO_SET[MACHINE], _OF_PROCESS, 0, _IDLE_CLASS)


def go_first() -> None:
    """Let the kernel kill this process first when memory is exhausted: a job can run again."""
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write(str(OOM_SCORE))


def _lower(what: int, most: int) -> None:
    if most:
        _, hard = resource.getrlimit(what)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, allowed))
