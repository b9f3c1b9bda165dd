"""The room of a preload in a cluster, and the protection of files that are in place from the job's own loads.

Used in the job process. A full worker drops the blocks that nobody has used for the longest time. Those may be files of
the same order, which an earlier job loaded.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from avio.engines.admission import GivingWay
from avio.engines.alluxio.clients.status import Address, Status
from avio.engines.alluxio.clients.worker import Workers
from avio.engines.alluxio.view.holdings import Count, Holdings
from avio.engines.alluxio.view.lookup import Lookup, batches
from avio.engines.alluxio.view.roster import Roster
from avio.engines.base import Entry
from avio.engines.no_room import NONE
from avio.engines.run import Run
from avio.errors import EngineError
from avio.wire.params import Params

CALLS = 16  # blocks that are read at once
PROTECT_SECONDS = 120.0  # the others may give way; the check at the end finds them

log = logging.getLogger(__name__)


class Protection:
    """Makes files in place look recently used, and counts them as the order's own."""

    def __init__(self, lookup: Lookup, workers: Workers, roster: Roster, holdings: Holdings) -> None:
        self._lookup, self._workers, self._roster, self._holdings = lookup, workers, roster, holdings

    def run(self, entries: Iterable[Entry], run: Run) -> None:
        """Read one byte of each block of `entries` on its worker, for up to PROTECT_SECONDS."""
        until = time.monotonic() + PROTECT_SECONDS
        count = Count()
        blocks = 0
        with ThreadPoolExecutor(CALLS, thread_name_prefix="protect") as pool:
            for batch in batches(entries):
                found = self._lookup.statuses([entry.path for entry in batch])
                held = [*self._blocks(found.values(), count)]
                if run.stopping() or time.monotonic() > until:
                    continue  # the rest is only counted
                for _ in pool.map(self._touch, held):
                    blocks += 1
                    run.checked(0)
        self._holdings.replace(count)
        if blocks:
            log.info("%d blocks in place are protected from this job's loads", blocks)

    def close(self) -> None:
        """End the threads of the lookups."""
        self._lookup.close()

    def _blocks(self, statuses: Iterable[Status | None], count: Count) -> Iterator[tuple[Address, int]]:
        for status in statuses:
            if status is None:
                continue
            count.add(status)
            for block in status.blocks:
                location = self._roster.best(block.locations)
                if location is not None:
                    yield location.worker, block.id

    def _touch(self, held: tuple[Address, int]) -> None:
        with suppress(EngineError):  # a block that is gone is found at the check
            self._workers.touch(*held)


class ProtectingAdmission(GivingWay):
    """The room of one preload."""

    def __init__(
        self, room: int, spare: int, protection: Protection, params: Params, by_tier: Mapping[str, int] = NONE
    ) -> None:
        super().__init__(room, spare, params, by_tier)
        self._protection = protection

    def protect(self, entries: Iterable[Entry], run: Run) -> None:
        """See `Protection`."""
        self._protection.run(entries, run)

    def close(self) -> None:
        """End the threads of the protection."""
        self._protection.close()
