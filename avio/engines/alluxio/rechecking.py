"""Asks afresh how files stand: the master by pages, and the bucket for what is not as it should be.

Used in the job process, after the last block of a job. Every worker is knocked at first: blocks on a dead one
don't count, though the master still names them.
"""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from avio.engines.alluxio.confirming import TOLD
from avio.engines.alluxio.lookup import Lookup, batches, one
from avio.engines.alluxio.namespace import Namespace
from avio.engines.alluxio.roster import Roster
from avio.engines.alluxio.states import file_entry, is_saved, nowhere, token
from avio.engines.alluxio.status import Status
from avio.engines.alluxio.verifying import Verifying
from avio.engines.base import Entry, EntryState, MoveOptions, Run

LOOK = 0.1  # seconds between two looks at the attempt


class Recheck:
    """The checks of one attempt."""

    def __init__(
        self, space: Namespace, roster: Roster, verifying: Verifying | None, options: MoveOptions, run: Run
    ) -> None:
        self._space = space
        self._roster = roster
        self._verifying = verifying
        self._options = options
        self._run = run

    def __call__(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield each entry as it stands now."""
        lookup = Lookup(self._space)
        self._roster.probe()
        with ThreadPoolExecutor(self._options.threads, thread_name_prefix="recheck") as pool:
            try:
                for batch in batches(entries):
                    if self._run.stopping():
                        return
                    found = lookup.statuses([entry.path for entry in batch])
                    rest = []
                    for entry in batch:
                        now = self._check_at_once(entry, found[entry.path])
                        if now is None:
                            rest.append(entry)
                        else:
                            yield now
                    yield from pool.map(lambda entry, found=found: self._check(entry, found[entry.path]), rest)
                if self._verifying is not None and self._verifying.dropped:
                    self._wait_until_the_master_knows()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
                lookup.close()

    def _wait_until_the_master_knows(self) -> None:
        """Wait until the workers have told what was dropped: till then it would be taken for cached, and not loaded."""
        deadline = time.monotonic() + TOLD
        while time.monotonic() < deadline and not self._run.stopping():
            time.sleep(LOOK)

    def _check_at_once(self, entry: Entry, status: Status | None) -> Entry | None:
        """Return a file for which nobody else is asked: nearly all of them."""
        if status is None or self._verifying is not None or entry.token != token(status):
            return None
        now = file_entry(status, self._roster)
        return now if now.in_cache else None

    def _check(self, entry: Entry, status: Status | None) -> Entry:
        if self._run.stopping():
            return entry
        if status is None or (is_saved(status) and not self._is_whole(entry, status)):
            status = one(self._space, entry.path, sync=True)
            if status is None:
                return nowhere(entry.path)
        now = file_entry(status, self._roster)
        if self._verifying is None or now.state is not EntryState.CACHED or self._verifying.is_sound(status):
            return now
        return replace(now, state=EntryState.PARTIAL)

    def _is_whole(self, entry: Entry, status: Status) -> bool:
        """Tell whether a file is the one that was listed, and all in the cache."""
        return entry.token == token(status) and file_entry(status, self._roster).in_cache
