"""Kills a job's whole process tree, also grandchildren that left its session.

Runs in keeper. A job process adopts the orphans below it, and keeper adopts them when it is gone: a child of
keeper that is neither a job nor intake belongs to a job that has ended.
"""

import os
import signal
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path


def children(pid: int) -> list[int]:
    """Return the children of all threads of `pid`; none if it is gone."""
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with suppress(FileNotFoundError, ProcessLookupError):
                below = Path(f"/proc/{pid}/task/{thread}/children").read_text(encoding="ascii")
                found += [int(child) for child in below.split()]
    return found


def descendants(pid: int) -> list[int]:
    """Return everything below `pid`."""
    found: list[int] = []
    unseen = [pid]
    while unseen:
        below = children(unseen.pop())
        found += below
        unseen += below
    return found


def kill(pid: int) -> None:
    """Kill `pid`, its process group and everything below it. What escapes becomes an orphan of the caller."""
    below = descendants(pid)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    for child in [pid, *below]:
        _kill_one(child)


def orphans(known: Collection[int]) -> list[int]:
    """Return the children of the calling process that are not `known`."""
    return [pid for pid in children(os.getpid()) if pid not in known]


def kill_orphans(known: Collection[int]) -> bool:
    """Kill the orphans and everything below them; return True if there were any."""
    found = orphans(known)
    for pid in found:
        for child in [pid, *descendants(pid)]:
            _kill_one(child)
    return bool(found)


def _kill_one(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
