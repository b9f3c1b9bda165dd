"""Killing a job's whole tree, grandchildren that left its session among them.

Runs in keeper, which is their subreaper: whoever is orphaned becomes its child and is found there.
"""

import os
import signal
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path


def children(pid: int) -> list[int]:
    """Return the children of all threads of `pid`; none when it is gone."""
    found: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in file.read_text(encoding="ascii").split()]
        except OSError:
            continue
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
    """Kill `pid`, its process group and everything below it; who is orphaned meanwhile is left to `kill_strays`."""
    below = descendants(pid)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    for child in [pid, *below]:
        _kill_one(child)


def strays(tag: str, known: Collection[int]) -> list[int]:
    """Return children of the calling process that are not `known` and carry AVIO_ATTEMPT=`tag`: orphans of a job."""
    return [pid for pid in children(os.getpid()) if pid not in known and _carries(pid, tag)]


def kill_strays(tag: str, known: Collection[int]) -> None:
    """Kill the orphans of a job and everything below them."""
    for pid in strays(tag, known):
        for child in descendants(pid):
            _kill_one(child)
        _kill_one(pid)


def _carries(pid: int, tag: str) -> bool:
    try:
        environ = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    return f"AVIO_ATTEMPT={tag}".encode() in environ.split(b"\0")


def _kill_one(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
