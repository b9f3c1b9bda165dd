"""Moves many files at once: threads take entries as they come, and one stream yields their outcomes.

Used in the job process. Memory is bounded by the backlog and the number of threads, whatever the number of entries.
There are as many threads as the attempt allows at each time.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
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
        return result if tries == 1 else result._replace(tries=tries)

    return moved


def in_threads(entries: Iterable[Entry], work: Callable[[Entry], T], run: Run) -> Iterator[T]:
    """Yield `work(entry)` of each entry, in the order of their ends. Stop early if the attempt must stop.

    Errors of `work` and `entries` are raised here. `Stopped` only ends the stream.
    """
    workers = Workers(iter(entries), work, run)
    try:
        yield from workers.results()
    finally:
        workers.stop()


class _Done:
    """A `thread` has ended. `error` is the cause, or None if all entries are done, or it was one too many."""

    def __init__(self, thread: threading.Thread, error: BaseException | None) -> None:
        self.thread = thread
        self.error = error


class Workers(Generic[T]):
    """Threads that work on entries as they come; the caller reads the results and ends with `stop`."""

    def __init__(self, entries: Iterator[Entry], work: Callable[[Entry], T], run: Run) -> None:
        self._entries = entries
        self._work = work
        self._run = run
        self._lock = threading.Lock()  # one thread at a time takes the next entry
        self._stopping = False
        self._all_taken = False
        # Looked at every POLL_SECONDS rather than waited for: a wake-up for each small file costs more than its copy.
        self._results: deque[T | _Done] = deque()
        self._threads: set[threading.Thread] = set()
        self._counting = threading.Lock()
        self._wanted = 0  # threads that take another entry after the one that they work on
        self._busy = 0  # threads that work on one
        self._begin_threads()

    def ready(self) -> Iterator[T]:
        """Yield the present results. Raise the error of a thread."""
        self._begin_threads()
        while self._results:
            result = self._results.popleft()
            if isinstance(result, _Done):
                self._threads.discard(result.thread)
                if result.error is not None:
                    raise result.error
            else:
                yield result

    def results(self) -> Iterator[T]:
        """Yield results until all threads have ended, or until a short time after the attempt must stop."""
        deadline = float("inf")
        while self._threads and time.monotonic() < deadline:
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

    @property
    def _width(self) -> int:
        """How many threads the attempt allows now."""
        return self._run.concurrency or self._run.threads

    def _begin_threads(self) -> None:
        """Begin as many threads as are missing: those of the settings at once, more while all have work."""
        while self._wanted < self._width and not (self._stopping or self._all_taken):
            if self._busy < self._wanted >= self._run.threads:
                return
            with self._counting:
                self._wanted += 1
            thread = threading.Thread(target=self._work_loop, daemon=True, name=f"move-{self._wanted}")
            self._threads.add(thread)
            thread.start()

    def _is_one_too_many(self) -> bool:
        """Return True if the calling thread must end, since the attempt allows fewer."""
        with self._counting:
            too_many = self._wanted > self._width
            self._wanted -= too_many
            return too_many

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
        self._results.append(_Done(threading.current_thread(), error))

    def _take(self) -> bool:
        while len(self._results) >= MAX_BACKLOG and not self._stopping:  # threads don't run ahead of a slow reader
            time.sleep(POLL_SECONDS)
        if self._is_one_too_many():
            return False
        with self._lock:
            if self._stopping:
                return False
            check_cancelled(self._run)
            entry = next(self._entries, None)
        if entry is None:
            self._all_taken = True
            return False
        with self._counted():
            self._results.append(self._work(entry))
        return True

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._counting:
            self._busy += 1
        try:
            yield
        finally:
            with self._counting:
                self._busy -= 1
