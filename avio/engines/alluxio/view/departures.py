"""Whether blocks may have left the cache during a job, or are about to: then the master's books may still name them.

Used in the job process. The workers count the blocks that they remove at once, and the master counts the frees that it
accepts. The heartbeats between them take seconds.
"""

import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import Enum, auto
from typing import NamedTuple

from avio.engines.alluxio.clients.counters import WorkerCounts
from avio.engines.alluxio.clients.status import Address
from avio.engines.alluxio.clients.web_info import WebInfo
from avio.engines.alluxio.view.roster import Roster
from avio.errors import EngineError

LOOK_SECONDS = 1.0  # that the answers of all daemons may take
CALLS = 8

# Complete heartbeats since the beginning: one may have been under way then, one brings the frees that the master had
# accepted, one reports the blocks that these and earlier evictions removed.
HEARTBEATS = 3

log = logging.getLogger(__name__)


class Books(Enum):
    """What the master's books are worth."""

    TRUE = auto()  # no block has left since the beginning, and the master knows all that happened before it
    LATE = auto()  # no block has left since the beginning; heartbeats of before it are missing
    UNKNOWN = auto()  # blocks have left or will leave, or not all daemons told


class _Counts(NamedTuple):
    frees: tuple[int, ...]
    workers: Mapping[Address, WorkerCounts]


class Departures:
    """The counts of one job. Unless all of them are known, blocks may have left."""

    def __init__(self, info: WebInfo, roster: Roster) -> None:
        self._info = info
        self._roster = roster
        self._before: _Counts | None = None

    def begin(self) -> None:
        """Read the counts. The job has listed and loaded nothing yet."""
        self._before = self._look()

    def books(self) -> Books:
        """Return what the master's books are worth now."""
        before, now = self._before, self._look() if self._before is not None else None
        if before is None or now is None or (now.frees, now.workers.keys()) != (before.frees, before.workers.keys()):
            return Books.UNKNOWN
        pairs = [(before.workers[address], counts) for address, counts in now.workers.items()]
        if any(after.removed != earlier.removed or after.heartbeats < earlier.heartbeats for earlier, after in pairs):
            return Books.UNKNOWN
        complete = all(after.heartbeats >= earlier.heartbeats + HEARTBEATS for earlier, after in pairs)
        return Books.TRUE if complete else Books.LATE

    def _look(self) -> _Counts | None:
        """Ask all daemons at once. Return None if one does not answer in time, or does not count."""
        pool = ThreadPoolExecutor(CALLS, thread_name_prefix="counts")
        until = time.monotonic() + LOOK_SECONDS
        try:
            frees = pool.submit(self._info.frees)
            asked = {worker.address: pool.submit(self._info.worker_counts, worker) for worker in self._roster.live()}
            told = {address: answer.result(max(0.0, until - time.monotonic())) for address, answer in asked.items()}
            accepted = frees.result(max(0.0, until - time.monotonic()))
        except (EngineError, TimeoutError, KeyError, TypeError, AttributeError, ValueError) as error:
            log.debug("the counts of the daemons are unknown: %s", error)
            return None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        workers = {address: counts for address, counts in told.items() if counts is not None}
        if accepted is None or not workers or len(workers) < len(told):
            return None
        return _Counts(accepted, workers)
