"""One save: schedules the persist of each unsaved file, never of a saved one, and follows each to its end.

Used in the job process. Alluxio's persist of a persisted file deletes the object first: the guard is a fresh
status under a lock. Alluxio does not report why a persist fails, so the job service is asked.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from avio.engines.alluxio.clients.status import Persistence, Status
from avio.engines.alluxio.save.saver import Saver
from avio.engines.alluxio.view.lookup import BATCH_FILES, Lookup
from avio.engines.alluxio.view.savable import Lost, NotPersisted
from avio.engines.base import Entry, Moved
from avio.engines.run import Run
from avio.errors import EngineError, Gone, Scope
from avio.faults import fault
from avio.wire.params import Params
from avio.wire.results import Outcome

FIRST_FILES = 64  # files in flight at the beginning
MAX_FILES = 512  # and at most: each saved file lets one more begin
POLL_SECONDS = 0.25  # seconds between two checks of the files in flight
STUCK_SECONDS = 120.0  # seconds without a saved or copied file, after which the files in flight have failed
ASK_WHY_SECONDS = 10.0  # seconds between two checks of the job service for failures
LEAVE_SECONDS = 2.0  # seconds after a stop during which ends of files are still noticed

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class SavingFile:
    """A file that is being saved."""

    entry: Entry
    status: Status


class Save:
    """The save of one attempt. Call `run` once."""

    def __init__(self, saver: Saver, lookup: Lookup, params: Params, run: Run) -> None:
        self._saver = saver
        self._gate = saver.gate
        self._lookup = lookup
        self._run = run
        self._pool = ThreadPoolExecutor(run.threads, thread_name_prefix="persist")
        self._waiting: list[tuple[Entry, Status]] = []  # until it is their turn
        self._under_way: dict[str, SavingFile] = {}
        self._most = FIRST_FILES
        self._moved = time.monotonic()  # last time that a file ended or the job service was active
        self._asked_why = time.monotonic()

    def run(self, entries: Iterable[Entry]) -> Iterator[Moved]:
        """Yield the outcome of each entry, in the order of their ends."""
        self._saver.open()
        stream = iter(entries)
        more = True
        deadline = float("inf")
        try:
            while (more or self._waiting or self._under_way) and time.monotonic() < deadline:
                if self._run.stopping() and deadline == float("inf"):
                    more, deadline = False, time.monotonic() + LEAVE_SECONDS
                    self._waiting.clear()
                if more and self._free_slots():
                    batch = list(islice(stream, min(BATCH_FILES, self._free_slots())))
                    more = bool(batch)
                    yield from self._take(batch)
                yield from self._begin()
                if not (more and self._free_slots()):
                    yield from self._follow()
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _free_slots(self) -> int:
        most = min(self._most, self._run.concurrency or self._most)
        return max(0, most - len(self._under_way) - len(self._waiting))

    def _take(self, batch: list[Entry]) -> Iterator[Moved]:
        """Queue the unsaved files of `batch`."""
        found = self._lookup.statuses([entry.path for entry in batch])
        for entry in batch:
            status = found[entry.path]
            if status is None:
                yield Moved(entry, Outcome.FAILED, error=Gone(f"{entry.path} is no longer in the cache"))
            elif status.persistence is Persistence.PERSISTED:
                yield Moved(entry, Outcome.SKIPPED, status.length)
            else:
                self._waiting.append((entry, status))

    def _begin(self) -> Iterator[Moved]:
        waiting, self._waiting = self._waiting, []
        ready = []
        for entry, status in waiting:
            if self._run.bandwidth.wait_seconds() == 0 and self._gate.may_begin(status):
                self._run.bandwidth.spend(status.length)
                self._moved = time.monotonic()
                ready.append(entry)
            else:
                self._waiting.append((entry, status))
        for entry, result in zip(ready, self._pool.map(self._begin_one, ready), strict=True):
            if isinstance(result, SavingFile):
                self._under_way[entry.path] = result
                continue
            self._gate.passed(entry.path)
            if result is not None:
                yield result
        if ready:
            fault("save.scheduled")

    def _begin_one(self, entry: Entry) -> Moved | SavingFile | None:
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
        return SavingFile(entry, status)

    def _follow(self) -> Iterator[Moved]:
        """Check all files in flight once."""
        began = time.monotonic()
        for start in range(0, len(paths := list(self._under_way)), BATCH_FILES):
            found = self._saver.statuses(paths[start : start + BATCH_FILES])
            ended = [path for path, status in found.items() if not _is_under_way(status)]
            if not all(_is_saved(found[path]) for path in ended):
                self._saver.ask_why(self._under_way)
            for moved in self._pool.map(lambda path, found=found: self._end(self._under_way[path], found[path]), ended):
                del self._under_way[moved.entry.path]
                self._saver.ended(moved.entry.path)
                self._moved = time.monotonic()
                if moved.outcome is Outcome.DONE:
                    self._most = min(MAX_FILES, self._most + 1)
                    self._run.moved(moved.bytes)
                    self._run.advanced(moved.bytes)
                yield moved
        yield from self._give_up()
        if self._waiting:
            self._run.checked(0)  # perhaps for its bandwidth: the attempt has not stalled
        if self._under_way or self._waiting:
            time.sleep(max(0.0, POLL_SECONDS - (time.monotonic() - began)))

    def _end(self, file: SavingFile, status: Status | None) -> Moved:
        """Return the outcome of a file that is no longer in flight."""
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

    def _give_up(self) -> Iterator[Moved]:
        """Yield files in flight that have failed in the job service, or all after too long without activity."""
        now = time.monotonic()
        if now - self._asked_why < ASK_WHY_SECONDS:
            return
        at_work = self._saver.is_at_work()
        if at_work:
            self._moved = now
            self._run.checked(0)  # it tells of no byte of a file that it copies
        if at_work is not None:
            self._saver.ask_why(self._under_way)
        self._asked_why = time.monotonic()
        stuck = now - self._moved > STUCK_SECONDS
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
