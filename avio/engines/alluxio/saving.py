"""One save: schedules the persist of each unsaved file, never of a saved one, and follows each to its end.

Used in the job process. Alluxio's persist of a persisted file deletes the object first: the guard is a fresh
status under a lock. Alluxio gives no answer when a persist fails: the job service is asked why.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from avio.engines.alluxio.bysaving import Saver
from avio.engines.alluxio.lookup import BATCH, Lookup
from avio.engines.alluxio.savable import Lost, NotPersisted
from avio.engines.alluxio.status import Persistence, Status
from avio.engines.base import Entry, Moved, MoveOptions, Run
from avio.errors import EngineError, Gone, Scope
from avio.faults import fault
from avio.wire.results import Outcome

FIRST = 64  # files under way at first
MOST = 512  # and at most: each that was saved lets one more begin
LOOK = 0.25  # seconds between two looks at the files under way
STILL = 120.0  # seconds without a file saved or copied after which those under way have failed
ASK_WHY = 10.0  # seconds between two questions to the job service whether something failed
LEAVE = 2.0  # seconds in which, after a stop, files under way may still be seen to end

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Leaving:
    """A file on its way into the bucket."""

    entry: Entry
    status: Status


class Save:
    """The save of one attempt; call it once."""

    def __init__(self, saver: Saver, lookup: Lookup, options: MoveOptions, run: Run) -> None:
        self._saver = saver
        self._turns = saver.turns
        self._lookup = lookup
        self._run = run
        self._pool = ThreadPoolExecutor(options.threads, thread_name_prefix="persist")
        self._waiting: list[tuple[Entry, Status]] = []  # until it is their turn
        self._under_way: dict[str, Leaving] = {}
        self._most = FIRST
        self._moved = time.monotonic()  # when a file was last seen to end, or the job service at work
        self._asked_why = time.monotonic()

    def __call__(self, entries: Iterable[Entry]) -> Iterator[Moved]:
        """Yield what became of each entry, in the order in which they end."""
        self._saver.open()
        stream = iter(entries)
        more = True
        deadline = float("inf")
        try:
            while (more or self._waiting or self._under_way) and time.monotonic() < deadline:
                if self._run.stopping() and deadline == float("inf"):
                    more, deadline = False, time.monotonic() + LEAVE
                    self._waiting.clear()
                if more and self._room():
                    batch = list(islice(stream, min(BATCH, self._room())))
                    more = bool(batch)
                    yield from self._take(batch)
                yield from self._begin()
                if not (more and self._room()):
                    yield from self._follow()
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _room(self) -> int:
        return max(0, self._most - len(self._under_way) - len(self._waiting))

    def _take(self, batch: list[Entry]) -> Iterator[Moved]:
        """Have those of `batch` wait for their turn that are not saved."""
        found = self._lookup.statuses([entry.path for entry in batch])
        for entry in batch:
            status = found[entry.path]
            if status is None:
                yield Moved(entry, Outcome.FAILED, error=Gone(f"{entry.path} is not in the cache any more"))
            elif status.persistence is Persistence.PERSISTED:
                yield Moved(entry, Outcome.SKIPPED, status.length)
            else:
                self._waiting.append((entry, status))

    def _begin(self) -> Iterator[Moved]:
        waiting, self._waiting = self._waiting, []
        ready = []
        for entry, status in waiting:
            if self._turns.may_begin(status):
                ready.append(entry)
            else:
                self._waiting.append((entry, status))
        for entry, result in zip(ready, self._pool.map(self._begin_one, ready), strict=True):
            if isinstance(result, Leaving):
                self._under_way[entry.path] = result
                continue
            self._turns.passed(entry.path)
            if result is not None:
                yield result
        if ready:
            fault("save.scheduled")

    def _begin_one(self, entry: Entry) -> Moved | Leaving | None:
        if self._run.stopping():
            return None
        try:
            status = self._saver.begin(entry.path)
        except EngineError as error:
            if error.scope is Scope.JOB:
                raise
            return Moved(entry, Outcome.FAILED, error=error)
        if status.persistence is Persistence.PERSISTED:
            return Moved(entry, Outcome.SKIPPED, status.length)
        return Leaving(entry, status)

    def _follow(self) -> Iterator[Moved]:
        """Look once at all files under way."""
        began = time.monotonic()
        for start in range(0, len(paths := list(self._under_way)), BATCH):
            found = self._saver.statuses(paths[start : start + BATCH])
            ended = [path for path, status in found.items() if not _is_under_way(status)]
            if not all(_is_saved(found[path]) for path in ended):
                self._saver.ask_why(self._under_way)
            for moved in self._pool.map(lambda path, found=found: self._end(self._under_way[path], found[path]), ended):
                del self._under_way[moved.entry.path]
                self._saver.ended(moved.entry.path)
                self._moved = time.monotonic()
                if moved.outcome is Outcome.DONE:
                    self._most = min(MOST, self._most + 1)
                    self._run.moved(moved.bytes)
                yield moved
        yield from self._given_up()
        if self._under_way:
            time.sleep(max(0.0, LOOK - (time.monotonic() - began)))

    def _end(self, file: Leaving, status: Status | None) -> Moved:
        """Return what became of a file that is under way no longer."""
        path = file.entry.path
        error: EngineError | None = None
        if status is None:
            error = Gone(f"{path} was removed while it was saved")
        elif status.persistence is Persistence.LOST:
            error = Lost(f"blocks of {path} vanished before they were saved: {self._saver.why(path)}")
        elif status.persistence is Persistence.NOT_PERSISTED:
            error = self._saver.given_up(path)
        else:
            error = self._saver.check(status)
        if error is not None:
            return Moved(file.entry, Outcome.FAILED, error=error)
        return Moved(file.entry, Outcome.DONE, file.status.length)

    def _given_up(self) -> Iterator[Moved]:
        """Yield those under way that have failed in the job service, or all when it has done nothing for too long."""
        now = time.monotonic()
        if now - self._asked_why < ASK_WHY:
            return
        self._asked_why = now
        if self._saver.is_at_work():
            self._moved = now
        stuck = now - self._moved > STILL
        self._saver.ask_why(self._under_way)
        for path in [path for path in self._under_way if stuck or self._saver.has_failed(path)]:
            file = self._under_way.pop(path)
            reason = self._saver.why(path)
            self._saver.ended(path)
            error = NotPersisted(f"{path} is not saved: {reason}", cure="check the job master and its workers")
            yield Moved(file.entry, Outcome.FAILED, error=error)


def _is_under_way(status: Status | None) -> bool:
    return status is not None and status.persistence is Persistence.TO_BE_PERSISTED


def _is_saved(status: Status | None) -> bool:
    return status is not None and status.persistence is Persistence.PERSISTED
