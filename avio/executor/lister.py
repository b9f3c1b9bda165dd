"""Lists the files of an order and decides which are in place and which must be moved. Moves nothing.

Runs in the job process, in a thread of its own beside the transfer; the lister alone is a dry run.
"""

import logging
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from avio.engines.base import Entry, EntryState
from avio.errors import EngineAway, EngineError
from avio.executor.attempt import Attempt, Stopped
from avio.executor.failed_files import FailedFiles
from avio.executor.listing import Listing
from avio.executor.nothing import nothing_matched
from avio.executor.room import Room
from avio.executor.selection import Missing
from avio.executor.verb import Verb
from avio.executor.work import Work
from avio.executor.worklist import Worklist
from avio.faults import fault
from avio.wire.results import Outcome
from avio.wire.states import JobType

log = logging.getLogger(__name__)


class Listed(NamedTuple):
    """One file of an order. `needed` is how many bytes of the cache's room its move takes.

    `kept` marks one that stays as it is, `in_place` one that is there already.
    `error` says why a line of a file list names no file.
    """

    entry: Entry
    in_place: bool = False
    kept: bool = False
    needed: int = 0
    error: EngineError | None = None


def judged(found: Entry | Missing, verb: Verb) -> Listed:
    """Return a file of an order with its action."""
    if isinstance(found, Missing):
        return Listed(Entry(found.path, "file", 0, None, EntryState.UNKNOWN), error=found.error)
    if verb.keeps(found):
        return Listed(found, kept=True)
    if verb.in_place(found) and not verb.repeats:
        return Listed(found, in_place=True)
    # A stale copy is replaced by the new one, and so is one on another tier than asked for.
    cached = 0 if found.in_cache else found.cached_bytes or 0
    return Listed(found, needed=max(0, (found.size or 0) - cached))


class Lister:
    """Lists one order into a worklist and counts what it finds in the attempt."""

    def __init__(self, work: Work, verb: Verb, failed: FailedFiles) -> None:
        self._work, self._verb, self._failed = work, verb, failed
        self._room: Room | None = None
        self._stopped = False
        self._patience = work.patience()

    def stop(self) -> None:
        """End `run` at its next file."""
        self._stopped = True

    def close(self) -> None:
        """Give back the room that the transfer has not used. `run` has ended."""
        if self._room is not None:
            self._room.close()

    def run(self, worklist: Worklist) -> None:
        """List the order to its end, each path once. The caller closes `worklist`.

        While the store is unavailable it waits, and goes on: from the beginning if the engine can only do that.
        Raises CacheFull as soon as the files do not fit, NothingMatched when there are none, Stopped, EngineAway
        after too long, and the engine's other errors.
        """
        attempt = self._work.attempt
        if self._work.order.type is JobType.PRELOAD:
            self._room = Room(self._work, self._verb, self._failed, worklist, self._patience)
        listing = Listing(self._work, self._verb.side, self._raise_if_stopping)
        try:
            self._list(listing, worklist)
        finally:
            listing.close()
        attempt.selection = listing.limits.in_words()
        if attempt.progress().counters.files_total == 0:
            raise nothing_matched(self._work, listing.limits)
        if self._room is not None:
            self._room.release(lambda: self._stopped)
        fault("executor.listed")
        attempt.listed_all()
        log.info("listed: %s", _figures(attempt))

    def _list(self, listing: Listing, worklist: Worklist) -> None:
        met, leave = (lambda: self._met(worklist)), (lambda: self._stopped)
        for found in listing.files_patiently(met, self._patience, leave):  # which ends when the attempt must stop
            self._add(judged(found, self._verb), worklist)

    def _raise_if_stopping(self) -> None:
        if self._stopped or self._work.attempt.stopping():
            raise Stopped

    def _met(self, worklist: Worklist) -> Iterator[str]:
        """Yield the paths that were listed, and not failed."""
        return chain(worklist.written(), () if self._room is None else self._room.waiting())

    def _add(self, listed: Listed, worklist: Worklist) -> None:
        entry, attempt = listed.entry, self._work.attempt
        size = entry.size or 0
        move = not (listed.in_place or listed.kept or listed.error)
        waits = self._room is not None and not self._admits(self._room, listed, move=move)
        attempt.listed(size)
        if listed.error is not None:
            self._failed.add(entry, listed.error)
            return
        if listed.kept:
            attempt.kept(size)
            self._work.reporter.kept(entry, spared=self._verb.spares(entry))
        elif listed.in_place:
            attempt.arrived(size, skipped=True)
            self._work.reporter.outcome(entry, Outcome.SKIPPED, tier=next(iter(entry.tiers), None))
        if not waits:
            worklist.append(entry, move=move)

    def _admits(self, room: Room, listed: Listed, *, move: bool) -> bool:
        """Return False if a file waits for the end of the listing.

        While the cache is unavailable it waits here: a listing that begins again passes over the file, since it was
        met and counted.
        """
        while True:
            try:
                return room.admit(listed.entry, listed.needed, move=move)
            except EngineAway as error:
                self._patience.wait(error, self._work.attempt.progress().counters.files_total, lambda: self._stopped)
                self._raise_if_stopping()


def _figures(attempt: Attempt) -> str:
    counters = attempt.progress().counters
    return f"{counters.files_total} files, {counters.bytes_total} bytes, {counters.files_skipped} of them in place"
