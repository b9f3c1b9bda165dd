"""What the daemons have counted since their start, from the metrics of their web ports (/metrics/json/).

Used by web_info.py and the engine. Opens no connection.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

_REMOVED = ("Worker.BlocksEvicted", "Worker.BlocksDeleted", "Worker.BlocksLost")
_FREES = ("Master.FreeFileOps", "Master.FilesFreed")  # when a free begins, and when it has marked its files
_HEARTBEAT = "Worker.Heartbeat."  # with the user that it was sent as


class WorkerCounts(NamedTuple):
    """`heartbeats` that the master has answered, and `removed` blocks, by evictions, frees and lost disks."""

    heartbeats: int
    removed: int


def worker_counts(told: Mapping[str, Any]) -> WorkerCounts | None:
    """Return the counts of a worker, None if this release does not have all of them."""
    counters, timers = told["counters"], told["timers"]
    heartbeats = [timer["count"] for name, timer in timers.items() if name.startswith(_HEARTBEAT)]
    if not heartbeats or not all(name in counters for name in _REMOVED):
        return None
    return WorkerCounts(sum(heartbeats), sum(counters[name]["count"] for name in _REMOVED))


def accepted_frees(told: Mapping[str, Any]) -> tuple[int, ...] | None:
    """Return the frees that a master has accepted and the files that they freed, None if it does not count both."""
    counters = [told["counters"].get(name) for name in _FREES]
    return None if None in counters else tuple(int(counter["count"]) for counter in counters)
