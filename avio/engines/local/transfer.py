"""Moves many files at once: threads that take entries as they come, and one stream of what became of them.

Used in the job process. Memory is bounded by the backlog and the number of threads, whatever the number of entries.
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Generic, TypeVar

from avio.engines.base import Entry, Moved, Run
from avio.engines.local.stopping import Stopped, go_on
from avio.errors import EngineError, Scope
from avio.wire.results import Outcome

T = TypeVar("T")

TRIES = 5
BACKOFF = 0.2  # seconds before the second try, doubled with each, with jitter
LOOK = 0.1  # seconds between two looks at the attempt
TICK = 0.01  # seconds between two looks at what the threads have done
BACKLOG = 256  # results that wait for their reader
LEAVE = 0.7  # seconds that threads get to leave; one that hangs in a store's call is left behind

log = logging.getLogger(__name__)


def persist(work: Callable[[Entry], T], entry: Entry, run: Run) -> tuple[T | EngineError, int]:
    """Return what `work(entry)` gave, or its last error, and the tries: an error worth another try gets one.

    Errors of scope JOB, `Stopped` and anything that is no EngineError pass.
    """
    for tries in range(1, TRIES + 1):
        try:
            return work(entry), tries
        except EngineError as error:
            if error.scope is Scope.JOB:
                raise
            if error.scope is Scope.FILE or tries == TRIES:
                return error, tries
            log.info("another try", extra={"path": entry.path, "tries": tries, "reason": error.reason})
        _wait(BACKOFF * 2 ** (tries - 1) * random.uniform(0.5, 1.5), run)
    raise AssertionError("the last try returns")


def persisting(move: Callable[[Entry], Moved], run: Run) -> Callable[[Entry], Moved]:
    """Return `move` with other tries, and with its last error as an outcome."""

    def moved(entry: Entry) -> Moved:
        result, tries = persist(move, entry, run)
        if isinstance(result, EngineError):
            return Moved(entry, Outcome.FAILED, tries=tries, error=result)
        return result if tries == 1 else replace(result, tries=tries)

    return moved


def in_threads(entries: Iterable[Entry], work: Callable[[Entry], T], threads: int, run: Run) -> Iterator[T]:
    """Yield `work(entry)` of each entry in the order in which they end; stop early once the attempt must leave.

    What `work` or `entries` raise is raised here; `Stopped` only ends the stream.
    """
    crew = Crew(iter(entries), work, threads, run)
    try:
        yield from crew.results()
    finally:
        crew.leave()


class _Done:
    """A thread has ended; `error` is why, unless there was nothing left to do."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class Crew(Generic[T]):
    """Threads that work on entries as they come; the caller reads the results and ends with `leave`."""

    def __init__(self, entries: Iterator[Entry], work: Callable[[Entry], T], threads: int, run: Run) -> None:
        self._entries = entries
        self._work = work
        self._run = run
        self._lock = threading.Lock()  # one thread at a time asks for the next entry
        self._leaving = False
        # Looked at every TICK rather than waited for: a wake-up for each small file costs more than its copy.
        self._results: deque[T | _Done] = deque()
        self._threads = [threading.Thread(target=self._labour, daemon=True, name=f"move-{n}") for n in range(threads)]
        self._working = threads
        for thread in self._threads:
            thread.start()

    def ready(self) -> Iterator[T]:
        """Yield the results that are there; raise what a thread raised."""
        while self._results:
            result = self._results.popleft()
            if isinstance(result, _Done):
                self._working -= 1
                if result.error is not None:
                    raise result.error
            else:
                yield result

    def results(self) -> Iterator[T]:
        """Yield results until all threads have ended, or the attempt must leave and has waited a little."""
        deadline = float("inf")
        while self._working and time.monotonic() < deadline:
            if not self._results:
                time.sleep(TICK)
            yield from self.ready()
            if deadline == float("inf") and self._run.stopping():
                deadline = time.monotonic() + LEAVE

    def leave(self) -> None:
        """Make the threads end, waiting a little for them."""
        self._leaving = True
        deadline = time.monotonic() + LEAVE
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _labour(self) -> None:
        error = None
        try:
            while self._take():
                pass
        except Stopped:
            pass
        except BaseException as raised:  # raised again by the reader of the results
            error = raised
            self._leaving = True
        self._results.append(_Done(error))

    def _take(self) -> bool:
        while len(self._results) >= BACKLOG and not self._leaving:  # nobody runs ahead of a slow reader
            time.sleep(TICK)
        with self._lock:
            if self._leaving:
                return False
            go_on(self._run)
            entry = next(self._entries, None)
        if entry is None:
            return False
        self._results.append(self._work(entry))
        return True


def _wait(seconds: float, run: Run) -> None:
    """Sleep, but raise `Stopped` soon after the attempt must leave."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        go_on(run)
        time.sleep(min(LOOK, left))
