"""One look at the master's web port for all jobs of a node, in a file that jobs can only read.

Written in intake, read in the job process. A file that is missing, old or of another form tells nothing: then a job
asks the master itself.
"""

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from avio.clock import boottime
from avio.engines.alluxio.clients.cluster_info import ClusterInfo, TierUse, WorkerInfo
from avio.engines.alluxio.clients.status import Address
from avio.engines.alluxio.view.heartbeats import lag_seconds
from avio.plain_file import open_plain

CACHE_SECONDS = 2.0  # that the master's answer is valid, at least
COST_FACTOR = 20  # and this many times what it took: a large cluster is asked less often
MAX_CACHE_SECONDS = 8.0  # and at most, since a worker counts as lost after 10 seconds without a heartbeat

LATE_SECONDS = 3.0  # that the next look may be late before jobs ask for themselves
MAX_BYTES = 16 << 20

log = logging.getLogger(__name__)


class Look(NamedTuple):
    """What the master said: the part that each job asks for again and again. `aliases` are the tiers, best first.

    `asked` and `until`, which ends its use by jobs, are on CLOCK_BOOTTIME. The next look is due in `pause` seconds.
    """

    workers: tuple[WorkerInfo, ...]
    aliases: tuple[str, ...]
    lag: float
    asked: float
    until: float
    pause: float


def look(ask: Callable[[], ClusterInfo]) -> Look:
    """Return what `ask` tells. Raises its errors."""
    asked = boottime()
    cluster = ask()
    took = boottime() - asked
    pause = pause_after(took)
    # The next look takes as long as this one, and jobs have this one meanwhile.
    until = asked + took + pause + min(took, MAX_CACHE_SECONDS) + LATE_SECONDS
    return Look(cluster.workers, tuple(cluster.tiers), lag_seconds(cluster.configuration), asked, until, pause)


def pause_after(took: float) -> float:
    """Return the seconds to the next look after one that took so many."""
    return min(MAX_CACHE_SECONDS, max(CACHE_SECONDS, COST_FACTOR * took))


def write(file: Path, of: str, seen: Look) -> None:
    """Put a look at the cluster with the name `of` in the place of the one before. Every user may read it."""
    new = file.with_name(f"{file.name}.new")
    with open(new, "w", encoding="utf-8", opener=open_plain) as stream:
        json.dump([of, seen], stream, separators=(",", ":"))
        os.fchmod(stream.fileno(), 0o644)  # whatever the umask
    os.replace(new, file)


class Looks:
    """The looks that another process writes into `file`. Used by one thread at a time.

    A look at another cluster than `of` tells nothing: that process may have newer settings than the job.
    """

    def __init__(self, file: Path, of: str) -> None:
        self._file = file
        self._of = of
        self._version: tuple[int, int] | None = None
        self._newest: Look | None = None

    def newest(self) -> Look | None:
        """Return the newest look, None if it is too old. One that was read before is the same object."""
        try:
            fd = open_plain(self._file, os.O_RDONLY)
            with open(fd, "rb") as stream:
                status = os.fstat(fd)
                if (version := (status.st_ino, status.st_mtime_ns)) != self._version:
                    of, told = json.loads(stream.read(MAX_BYTES))
                    self._newest = _look_of(told) if of == self._of else None
                    self._version = version
        except (OSError, ValueError, TypeError, KeyError) as error:
            log.debug("no look of the node: %s", error)
            return None
        seen = self._newest
        return seen if seen is not None and seen.asked <= boottime() <= seen.until else None


def _look_of(told: list[Any]) -> Look:
    workers, aliases, *numbers = told
    return Look(tuple(map(_worker_of, workers)), tuple(aliases), *map(float, numbers))


def _worker_of(told: list[Any]) -> WorkerInfo:
    worker = WorkerInfo(*told)
    tiers = {alias: TierUse(*use) for alias, use in dict(worker.tiers).items()}
    return worker._replace(address=Address(*worker.address), tiers=tiers)
