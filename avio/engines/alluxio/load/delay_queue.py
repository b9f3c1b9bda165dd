"""Files that wait until the master confirms them. Yields due files in batches.

Used in the job process. Opens nothing.
"""

import heapq
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class DelayQueue(Generic[T]):
    """A queue of items with a due time. Several threads may put, one thread takes."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, T]] = []
        self._count = 0
        self._changed = threading.Condition()

    def put(self, thing: T, seconds: float = 0.0) -> None:
        """Add an item that becomes due in `seconds`."""
        with self._changed:
            self._count += 1
            heapq.heappush(self._heap, (time.monotonic() + seconds, self._count, thing))
            self._changed.notify_all()

    def wake(self) -> None:
        """Make the taking thread check again whether more can come."""
        with self._changed:
            self._changed.notify_all()

    def take(self, most: int, gather: float, patience: float, more: Callable[[], bool]) -> list[T]:
        """Return up to `most` due items. Wait up to `gather` seconds for others while `more` can come.

        Return none after `patience` seconds.
        """
        with self._changed:
            self._changed.wait_for(self._due, patience)
            if not self._due():
                return []
            self._changed.wait_for(lambda: len(self._heap) >= most or not more(), gather)
            taken: list[T] = []
            while len(taken) < most and self._due():
                taken.append(heapq.heappop(self._heap)[2])
            return taken

    def _due(self) -> bool:
        return bool(self._heap) and self._heap[0][0] <= time.monotonic()
