"""Blocks that may show no progress for a time, such as an fsync.

Used in the job process and in its movers, by all threads.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Silences:
    """The blocks under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[object, float] = {}

    @property
    def last(self) -> float:
        """When the last of them must end, in seconds on CLOCK_MONOTONIC; 0 without any."""
        if not self._until:
            return 0.0
        with self._lock:
            return max(self._until.values(), default=0.0)

    @contextmanager
    def one(self, seconds: float) -> Iterator[None]:
        """Allow a `with` block `seconds`."""
        key = object()
        with self._lock:
            self._until[key] = time.monotonic() + seconds
        try:
            yield
        finally:
            with self._lock:
                del self._until[key]
