"""Moves many files at once: threads take entries as they come, and one stream yields their outcomes.

Used in the job process. Memory is bounded by the backlog and the number of threads, whatever the number of entries.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Generic, TypeVar

from avio.engines.base import Entry, Moved
from avio.engines.cancel import Stopped, check_cancelled
from avio.engines.local.store_gate import StoreGate
from avio.engines.retry import with_retries
from avio.engines.run import Run
from avio.errors import EngineAway, EngineError
from avio.wire.results import Outcome

T = TypeVar("T")

POLL_SECONDS = 0.01  # seconds between two reads of the threads' results
MAX_BACKLOG = 256  # results in the queue
LEAVE_SECONDS = 0.7  # seconds for threads to stop; a thread that hangs in a store's call is abandoned


def retried(move: Callable[[Entry], Moved], run: Run, gate: StoreGate) -> Callable[[Entry], Moved]:
    """Return `move` with other tries, and with its last error as an outcome.

    A file that failed because its store is unavailable waits at `gate` with all others, and is moved again.
    """

    def moved(entry: Entry) -> Moved:
        tries, beside_others, again = 0, 0, True
        while again:
            gate.wait()
            before = gate.moved
            result, more = with_retries(move, entry, run)
            tries += more
            beside_others = beside_others + 1 if gate.moved != before else 0
            again = isinstance(result, EngineAway) and gate.another_round(entry, result, beside_others)
        if isinstance(result, EngineError):
            return Moved(entry, Outcome.FAILED, tries=tries, error=result)
        if result.outcome is Outcome.DONE:
            gate.succeeded()
        return result if tries == 1 else replace(result, tries=tries)

    return moved


def in_threads(entries: Iterable[Entry], work: Callable[[Entry], T], threads: int, run: Run) -> Iterator[T]:
    """Yield `work(entry)` of each entry, in the order of their ends. Stop early if the attempt must stop.

    Errors of `work` and `entries` are raised here. `Stopped` only ends the stream.
    """
    workers = Workers(iter(entries), work, threads, run)
    try:
        yield from workers.results()
    finally:
        workers.stop()


class _Done:
    """A thread has ended. `error` is the cause, or None if all entries are done."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class Workers(Generic[T]):
    """Threads that work on entries as they come; the caller reads the results and ends with `stop`."""

    def __init__(self, entries: Iterator[Entry], work: Callable[[Entry], T], threads: int, run: Run) -> None:
        self._entries = entries
        self._work = work
        self._run = run
        self._lock = threading.Lock()  # one thread at a time takes the next entry
        self._stopping = False
        # Looked at every POLL_SECONDS rather than waited for: a wake-up for each small file costs more than its copy.
        self._results: deque[T | _Done] = deque()
        self._threads = [
            threading.Thread(target=self._work_loop, daemon=True, name=f"move-{n}") for n in range(threads)
        ]
        self._working = threads
        for thread in self._threads:
            thread.start()

    def ready(self) -> Iterator[T]:
        """Yield the present results. Raise the error of a thread."""
        while self._results:
            result = self._results.popleft()
            if isinstance(result, _Done):
                self._working -= 1
                if result.error is not None:
                    raise result.error
            else:
                yield result

    def results(self) -> Iterator[T]:
        """Yield results until all threads have ended, or until a short time after the attempt must stop."""
        deadline = float("inf")
        while self._working and time.monotonic() < deadline:
            if not self._results:
                time.sleep(POLL_SECONDS)
            yield from self.ready()
            if deadline == float("inf") and self._run.stopping():
                deadline = time.monotonic() + LEAVE_SECONDS

    def stop(self) -> None:
        """Stop the threads. Wait a short time for them."""
        self._stopping = True
        deadline = time.monotonic() + LEAVE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work_loop(self) -> None:
        error = None
        try:
            while self._take():
                pass
        except Stopped:
            pass
        except BaseException as raised:  # raised again by the reader of the results
            error = raised
            self._stopping = True
        self._results.append(_Done(error))

    def _take(self) -> bool:
        while len(self._results) >= MAX_BACKLOG and not self._stopping:  # threads don't run ahead of a slow reader
            time.sleep(POLL_SECONDS)
        with self._lock:
            if self._stopping:
                return False
            check_cancelled(self._run)
            entry = next(self._entries, None)
        if entry is None:
            return False
        self._results.append(self._work(entry))
        return True
