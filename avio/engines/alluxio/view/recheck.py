"""Asks for the present state of files: the master by pages, and the bucket for files that are not in place.

Used in the job process, after the last block of a job, once the books have settled. Probes every worker first: blocks
on a dead worker don't count, even if the master still names them.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from avio.engines.alluxio.clients.status import Status
from avio.engines.alluxio.view.content_check import ContentCheck
from avio.engines.alluxio.view.entries import file_entry, is_saved, token
from avio.engines.alluxio.view.holdings import Count, Holdings
from avio.engines.alluxio.view.lookup import Lookup, batches, find_file
from avio.engines.alluxio.view.namespace import Namespace
from avio.engines.alluxio.view.read_ahead import read_ahead
from avio.engines.alluxio.view.roster import Roster
from avio.engines.alluxio.view.settlement import settle
from avio.engines.base import Entry, EntryState
from avio.engines.cancel import Stopped
from avio.engines.left_out import Unchecked
from avio.engines.run import Run
from avio.engines.sums import nowhere
from avio.engines.unchecked import checked, concerns_all
from avio.errors import EngineError
from avio.wire.params import Params

BATCHES_AHEAD = 3  # batches whose pages are read before their turn


class Recheck:
    """The checks of one attempt."""

    def __init__(
        self,
        space: Namespace,
        roster: Roster,
        holdings: Holdings,
        verifying: ContentCheck | None,
        params: Params,
        run: Run,
        unchecked: Unchecked,
    ) -> None:
        self._space = space
        self._roster = roster
        self._holdings = holdings
        self._verifying = verifying
        self._params = params
        self._run = run
        self._unchecked = unchecked
        self._pages = ThreadPoolExecutor(BATCHES_AHEAD, thread_name_prefix="recheck-pages")

    def run(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield each entry in its present state."""
        lookup = Lookup(self._space)
        self._roster.probe()
        count = Count()
        with ThreadPoolExecutor(self._run.threads, thread_name_prefix="recheck") as pool:
            try:
                looked_up = read_ahead(self._pages, partial(self._statuses, lookup), batches(entries), BATCHES_AHEAD)
                for batch, found in looked_up:
                    if self._run.stopping():
                        return
                    rest = []
                    for entry in batch:
                        if (status := found[entry.path]) is not None:
                            count.add(status)
                        now = self._check_at_once(entry, status)
                        if now is None:
                            rest.append(entry)
                        else:
                            yield now
                    yield from pool.map(lambda entry, found=found: self._checked(entry, found[entry.path]), rest)
                if self._verifying is not None and self._verifying.dropped:
                    settle(self._roster, self._run)
            finally:
                self._holdings.replace(count)
                pool.shutdown(wait=False, cancel_futures=True)
                self._pages.shutdown(wait=False, cancel_futures=True)
                lookup.close()

    def _check_at_once(self, entry: Entry, status: Status | None) -> Entry | None:
        """Return the entry of a file without asking the bucket. This is enough for nearly all files."""
        if status is None or self._verifying is not None or entry.token != token(status):
            return None
        now = file_entry(status, self._roster)
        return now if now.in_cache else None

    def _statuses(self, lookup: Lookup, batch: Sequence[Entry]) -> dict[str, Status | None]:
        """Return the statuses of a batch. If one of them fails alone, none: then each is asked for by itself."""
        paths = [entry.path for entry in batch]
        try:
            return lookup.statuses(paths)
        except EngineError as error:
            if concerns_all(error):
                raise
            return dict.fromkeys(paths)

    def _checked(self, entry: Entry, status: Status | None) -> Entry:
        try:
            return checked(lambda each: self._check(each, status), entry, self._run, self._unchecked)
        except Stopped:
            return entry

    def _check(self, entry: Entry, status: Status | None) -> Entry:
        if self._run.stopping():
            return entry
        if status is None or (is_saved(status) and not self._is_whole(entry, status)):
            status = find_file(self._space, entry.path, sync=True)
            if status is None:
                return nowhere(entry.path)
        now = file_entry(status, self._roster)
        if self._verifying is None or now.state is not EntryState.CACHED or self._verifying.is_sound(status):
            return now
        return replace(now, state=EntryState.PARTIAL)

    def _is_whole(self, entry: Entry, status: Status) -> bool:
        """Return True if the file is the listed one, and is completely cached."""
        return entry.token == token(status) and file_entry(status, self._roster).in_cache
