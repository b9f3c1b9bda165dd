"""The files of a transfer that threads move one by one, beside those that are moved many at a time.

Used in the job process and in its movers, by the thread that reads the results. Most transfers need no threads: they
begin with the first file.
"""

from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue

from avio.engines import cancel
from avio.engines.base import Entry, Moved
from avio.engines.cancel import check_cancelled
from avio.engines.local.store_gate import StoreGate
from avio.engines.local.workers import MAX_BACKLOG, Workers, retried
from avio.engines.run import Run


class ThreadSide:
    """Files that `work` moves, again if the store does not answer. `gate` is closed while it does not."""

    def __init__(self, work: Callable[[Entry], Moved], run: Run, gate: StoreGate) -> None:
        self._work = retried(work, run, gate)
        self._run = run
        self._gate = gate
        self._queue: SimpleQueue[Entry | None] = SimpleQueue()
        self._workers: Workers[Moved] | None = None
        self._given = self._ended = 0

    @property
    def full(self) -> bool:
        """True if so many wait for a thread that no other should."""
        return self._queue.qsize() >= MAX_BACKLOG

    @property
    def must_wait(self) -> bool:
        """True if no other file is to begin: many wait, or the store does not answer."""
        return self._workers is not None and (self.full or self._gate.closed)

    @property
    def under_way(self) -> int:
        """How many were given and have not ended."""
        return self._given - self._ended

    def give(self, entry: Entry) -> None:
        """Leave a file to the threads."""
        if self._workers is None:
            self._workers = Workers(self._entries(), self._work, self._run)
        self._given += 1
        self._queue.put(entry)

    def ready(self) -> Iterator[Moved]:
        """Yield the outcomes that are there."""
        if self._workers is not None:
            yield from self._counted(self._workers.ready())

    def results(self) -> Iterator[Moved]:
        """Take no other file, and yield the outcomes of the rest."""
        self._queue.put(None)
        if self._workers is not None:
            yield from self._counted(self._workers.results())

    def stop(self) -> None:
        """End the threads, whatever is under way."""
        self._queue.put(None)
        if self._workers is not None:
            self._workers.stop()

    def _counted(self, results: Iterator[Moved]) -> Iterator[Moved]:
        for moved in results:
            self._ended += 1
            yield moved

    def _entries(self) -> Iterator[Entry]:
        while True:
            check_cancelled(self._run)
            try:
                entry = self._queue.get(timeout=cancel.POLL_SECONDS)
            except Empty:
                continue
            if entry is None:
                return
            yield entry
