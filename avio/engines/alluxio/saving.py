"""One save: schedules the persist of each unsaved file, never of a saved one, and follows each to its end.

Used in the job process. Alluxio's persist of a persisted file deletes the object first: the guard is a fresh
status under a lock. Alluxio gives no answer when a persist fails: the job service is asked why.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

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
ASK_WHY = 10.0  # seconds that a file is under way before the job service is asked whether it failed
LEAVE = 2.0  # seconds in which, after a stop, files under way may still be seen to end

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Leaving:
    """A file on its way into the bucket."""

    entry: Entry
    status: Status
    since: float
    done: bool = False


class Save:
    """The save of one attempt; call it once."""

    def __init__(self, saver: Saver, lookup: Lookup, options: MoveOptions, run: Run) -> None:
        self._saver = saver
        self._lookup = lookup
        self._run = run
        self._pool = ThreadPoolExecutor(options.threads, thread_name_prefix="persist")
        self._under_way: dict[str, Leaving] = {}
        self._most = FIRST
        self._moved = time.monotonic()  # when a file was last seen to end, or the job service at work
        self._asked_why = time.monotonic()

    def __call__(self, entries: Iterable[Entry]) -> Iterator[Moved]:
        """Yield what became of each entry, in the order in which they end."""
        stream = iter(entries)
        more = True
        deadline = float("inf")
        try:
            while (more or self._under_way) and time.monotonic() < deadline:
                if self._run.stopping() and deadline == float("inf"):
                    more, deadline = False, time.monotonic() + LEAVE
                if more and len(self._under_way) < self._most:
                    batch = self._next(stream)
                    more = bool(batch)
                    yield from self._begin(batch)
                    if more and len(self._under_way) < self._most:
                        continue
                yield from self._follow()
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _next(self, stream: Iterator[Entry]) -> list[Entry]:
        room = min(BATCH, self._most - len(self._under_way))
        return [entry for entry, _ in zip(stream, range(room), strict=False)]

    def _begin(self, batch: list[Entry]) -> Iterator[Moved]:
        """Schedule those of `batch` that are not saved."""
        found = self._lookup.statuses([entry.path for entry in batch])
        for entry, result in zip(
            batch, self._pool.map(lambda each: self._begin_one(each, found[each.path]), batch), strict=True
        ):
            if isinstance(result, Moved):
                yield result
            elif result is not None:
                self._under_way[entry.path] = result
        fault("save.scheduled")

    def _begin_one(self, entry: Entry, status: Status | None) -> Moved | Leaving | None:
        if status is not None and status.persistence is Persistence.PERSISTED:
            return Moved(entry, Outcome.SKIPPED, status.length)
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
        return Leaving(entry, status, time.monotonic())

    def _follow(self) -> Iterator[Moved]:
        """Look once at all files under way."""
        began = time.monotonic()
        for start in range(0, len(paths := list(self._under_way)), BATCH):
            found = self._saver.statuses(paths[start : start + BATCH])
            ended = [path for path, status in found.items() if self._has_ended(self._under_way[path], status)]
            for moved in self._pool.map(lambda path, found=found: self._end(self._under_way[path], found[path]), ended):
                del self._under_way[moved.entry.path]
                self._moved = time.monotonic()
                if moved.outcome is Outcome.DONE:
                    self._most = min(MOST, self._most + 1)
                    self._run.moved(moved.bytes)
                yield moved
        yield from self._given_up()
        if self._under_way:
            time.sleep(max(0.0, LOOK - (time.monotonic() - began)))

    def _has_ended(self, file: Leaving, status: Status | None) -> bool:
        return status is None or status.persistence is not Persistence.TO_BE_PERSISTED

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
        old = [file for file in self._under_way.values() if stuck or now - file.since > ASK_WHY]
        reasons = self._saver.failures({file.entry.path for file in old}) if old else {}
        for file in old:
            path = file.entry.path
            if path not in reasons and not stuck:
                continue
            del self._under_way[path]
            reason = reasons.get(path) or self._saver.health()
            error = NotPersisted(f"{path} is not saved: {reason}", cure="check the job master and its workers")
            yield Moved(file.entry, Outcome.FAILED, error=error)
