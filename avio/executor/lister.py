"""Lists the files of an order and decides which are in place and which must be moved. Moves nothing.

Runs in the job process, in a thread of its own beside the transfer; the lister alone is a dry run.
"""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from avio.engines.base import Engine, Entry, EntryState
from avio.engines.left_out import LeaveOut, ignore
from avio.errors import EngineAway, EngineError, LeftOutFiles, NothingMatched
from avio.executor.attempt import Attempt, Stopped
from avio.executor.failed_files import FailedFiles
from avio.executor.left_out import counting, in_words
from avio.executor.room import Room
from avio.executor.seen import Seen
from avio.executor.selection import Missing, select
from avio.executor.verb import Verb
from avio.executor.work import Work
from avio.executor.worklist import Worklist
from avio.faults import fault
from avio.wire.orders import Order
from avio.wire.paths import shown_path
from avio.wire.results import Outcome
from avio.wire.states import JobType

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of an order. `needed` is how many bytes of the cache's room its move takes.

    `kept` marks one that stays as it is, `in_place` one that is there already.
    `error` says why a line of a file list names no file.
    """

    entry: Entry
    in_place: bool = False
    kept: bool = False
    needed: int = 0
    error: EngineError | None = None


def list_files(engine: Engine, order: Order, verb: Verb, left_out: LeaveOut = ignore) -> Iterator[Listed]:
    """Yield every file of `order` with its action. Calls `left_out` with the others. Raises the engine's errors."""
    for found in select(engine, order, verb.side, left_out):
        if isinstance(found, Missing):
            yield Listed(Entry(found.path, "file", 0, None, EntryState.UNKNOWN), error=found.error)
        elif verb.keeps(found):
            yield Listed(found, kept=True)
        elif verb.in_place(found):
            yield Listed(found, in_place=True)
        else:  # a stale copy is replaced by the new one, and so is one on another tier than asked for
            cached = 0 if found.in_cache else found.cached_bytes or 0
            yield Listed(found, needed=max(0, (found.size or 0) - cached))


class Lister:
    """Lists one order into a worklist and counts what it finds in the attempt."""

    def __init__(self, work: Work, verb: Verb, failed: FailedFiles) -> None:
        self._work, self._verb, self._failed = work, verb, failed
        self._room: Room | None = None
        self._stop = threading.Event()
        self._patience = work.patience()
        self._seen: Seen | None = None
        self._left_out = counting(work)

    def stop(self) -> None:
        """End `run` at its next file."""
        self._stop.set()

    def close(self) -> None:
        """Give back the room that the transfer has not used. `run` has ended."""
        if self._room is not None:
            self._room.close()

    def run(self, worklist: Worklist) -> None:
        """List the order to its end, each path once. The caller closes `worklist`.

        While the store is unavailable it waits, begins again and passes over what it has.
        Raises CacheFull as soon as the files do not fit, NothingMatched when there are none, Stopped, EngineAway
        after too long, and the engine's other errors.
        """
        order, attempt = self._work.order, self._work.attempt
        if order.file_list is not None:
            self._seen = Seen(self._work.directory / "seen")
        if order.type is JobType.PRELOAD:
            self._room = Room(self._work, self._verb, self._failed, worklist, self._patience)
        while True:
            try:
                self._list(worklist)
                break
            except EngineAway as error:
                self._patience.wait(error, attempt.progress().counters.files_total, self._stop.is_set)
                self._seen = self._seen or Seen(self._work.directory / "seen", self._met(worklist))
        if self._seen is not None:
            self._seen.close()
        if attempt.progress().counters.files_total == 0:
            raise self._nothing()
        if self._room is not None:
            self._room.release()
        fault("executor.listed")
        attempt.listed_all()
        log.info("listed: %s", _figures(attempt))

    def _list(self, worklist: Worklist) -> None:
        for listed in list_files(self._work.engine, self._work.order, self._verb, self._left_out):
            self._work.attempt.raise_if_stopping()
            if self._stop.is_set():
                raise Stopped
            if self._seen is not None and not self._seen.add(listed.entry.path):
                continue
            self._add(listed, worklist)

    def _met(self, worklist: Worklist) -> Iterator[str]:
        """Yield the paths that were listed, and not failed."""
        return chain(worklist.written(), () if self._room is None else self._room.waiting())

    def _nothing(self) -> EngineError:
        """Return the error of an order without files. What was left out is told."""
        params = self._work.order.params
        by_reason, unexcused = self._work.attempt.left_out_by_reason()
        what = "the file list" if params.from_file_list else shown_path(params.path)
        where = "cache" if self._work.order.type is JobType.SAVE else "bucket"
        message = "; ".join(filter(None, (f"the {where} has no file that matches {what}", in_words(by_reason))))
        if unexcused:
            return LeftOutFiles(message)
        cure = "depth=0 takes no directory: use depth=1 for the files directly in it" if params.depth == 0 else None
        return NothingMatched(message, cure=cure)

    def _add(self, listed: Listed, worklist: Worklist) -> None:
        entry, attempt = listed.entry, self._work.attempt
        size = entry.size or 0
        move = not (listed.in_place or listed.kept or listed.error)
        waits = self._room is not None and not self._room.admit(entry, listed.needed, move=move)
        attempt.listed(size)
        if listed.error is not None:
            self._failed.add(entry, listed.error)
            return
        if listed.kept:
            attempt.kept(size)
            self._work.reporter.kept(entry)
        elif listed.in_place:
            attempt.arrived(size, skipped=True)
            self._work.reporter.outcome(entry, Outcome.SKIPPED, tier=next(iter(entry.tiers), None))
        if not waits:
            worklist.append(entry, move=move)


def _figures(attempt: Attempt) -> str:
    counters = attempt.progress().counters
    return f"{counters.files_total} files, {counters.bytes_total} bytes, {counters.files_skipped} of them in place"
