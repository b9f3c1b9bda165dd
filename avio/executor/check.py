"""A check job: bucket and cache are compared file by file, and nothing is moved or changed.

Runs in the job process. What a listing of both sides tells is told at once; files whose copies have to be looked at go
into the worklist, and come after the listing.
"""

import logging
from collections.abc import Iterator

from avio.engines.base import Entry, EntryState, Side
from avio.errors import EngineAway, EngineError
from avio.executor.listing import Listing
from avio.executor.nothing import nothing_matched
from avio.executor.selection import Missing
from avio.executor.work import Work
from avio.executor.worklist import WORKLIST_NAME, Worklist
from avio.wire.results import Outcome
from avio.wire.states import Phase

log = logging.getLogger(__name__)


def check(work: Work) -> None:
    """Compare each file of the order. Raises Stopped, NothingMatched, and errors that end the whole job."""
    Check(work).run()


class Check:
    """One check, from listing to verdict."""

    def __init__(self, work: Work) -> None:
        self._work, self._engine, self._attempt = work, work.engine, work.attempt
        self._params = work.order.params
        self._patience = work.patience()
        self._compared = 0

    def run(self) -> None:
        """Do the work. Raises as `check`."""
        worklist = Worklist(self._work.directory / WORKLIST_NAME)
        listing = Listing(self._work, Side.BOTH, self._attempt.raise_if_stopping)
        try:
            self._list(listing, worklist)
        finally:
            listing.close()
            worklist.close()
        if worklist.failed is not None:
            raise worklist.failed
        self._attempt.selection = listing.limits.in_words()
        if self._attempt.progress().counters.files_total == 0:
            raise nothing_matched(self._work, listing.limits)
        self._attempt.listed_all()
        log.info("listed: %d files", self._attempt.progress().counters.files_total)
        self._attempt.begin(Phase.VERIFYING)
        self._compare(entry for entry in worklist.to_move() if entry is not None)

    def _list(self, listing: Listing, worklist: Worklist) -> None:
        """List the files of both sides; from the beginning after a store was unavailable, each once."""
        while True:
            try:
                for found in listing.files(worklist.written):
                    self._take(found, worklist)
                return
            except EngineAway as error:
                self._patience.wait(error, self._attempt.progress().counters.files_total)

    def _take(self, found: Entry | Missing, worklist: Worklist) -> None:
        if isinstance(found, Missing):
            entry: Entry = Entry(found.path, "file", 0, None, EntryState.UNKNOWN)
            outcome: Outcome | EngineError | None = found.error
        else:
            entry, outcome = found, self._engine.standing(found, self._params)
        self._attempt.listed(entry.size or 0)
        worklist.append(entry, move=outcome is None)
        if outcome is not None:
            self._tell(entry, outcome)

    def _compare(self, entries: Iterator[Entry]) -> None:
        """Look at the copies; again, of those without an answer, after a store was unavailable.

        One stream of all files: the engine takes as many as it works on, and sees how much there is to do.
        """
        left: dict[str, Entry] = {}  # files that were handed out, without an answer
        self._attempt.taken.count = left.__len__
        is_last = False

        def handed_out(again: list[Entry]) -> Iterator[Entry]:
            nonlocal is_last
            yield from again
            for entry in entries:
                left[entry.path] = entry
                yield entry
            is_last = True

        while left or not is_last:
            try:
                for entry, found in self._engine.compare(handed_out([*left.values()]), self._params, self._attempt):
                    del left[entry.path]
                    self._tell(entry, found)
                self._attempt.raise_if_stopping()  # or a lease that was late ended the look: again, for the rest
            except EngineAway as error:
                self._patience.wait(error, self._compared)

    def _tell(self, entry: Entry, found: Outcome | EngineError) -> None:
        """Count and report a file."""
        self._compared += 1
        if isinstance(found, EngineError):
            self._work.reporter.failure(entry, found)
            return
        self._attempt.compared(found, entry.size or 0)
        self._work.reporter.outcome(entry, found, tier=next(iter(entry.tiers), None))
