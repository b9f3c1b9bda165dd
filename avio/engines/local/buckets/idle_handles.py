"""Handles of libcurl that no request uses: each keeps a connection, and three to six open files.

Used in web, intake and the job process, by several threads at once. Opens nothing, so a process that forks may have it.
"""

import threading
import time
from collections import deque
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakSet

IDLE_SECONDS = 60  # after which a handle is closed
SWEEP_SECONDS = 5  # between two looks for those
MOST_IDLE = 64  # of one bucket: as many as a process has requests to it at once


class Handle(Protocol):
    """What has connections."""

    def close(self) -> None:
        """Close them."""


T = TypeVar("T", bound=Handle)


class IdleHandles(Generic[T]):
    """Handles that wait for their next request: there are as many as there were requests at once, not threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: deque[tuple[float, T]] = deque()  # and when it was used; the one that was used last is the last
        _sweep.add(self)

    def take(self) -> T | None:
        """Return the handle that was used last, None if there is none."""
        _sweep.run_if_due(time.monotonic())
        with self._lock:
            return self._idle.pop()[1] if self._idle else None

    def give_back(self, handle: T) -> None:
        """Keep `handle` for another request."""
        now = time.monotonic()
        with self._lock:
            self._idle.append((now, handle))
            longest = self._idle.popleft()[1] if len(self._idle) > MOST_IDLE else None
        if longest is not None:
            longest.close()
        _sweep.run_if_due(now)

    def close_old(self, now: float) -> None:
        """Close those that nobody has used for IDLE_SECONDS."""
        old = []
        with self._lock:
            while self._idle and now - self._idle[0][0] > IDLE_SECONDS:
                old.append(self._idle.popleft()[1])
        for handle in old:
            handle.close()


class _Sweep:
    """Looks through the handles of all buckets: nobody may use a bucket any longer that has some."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: WeakSet[IdleHandles[Any]] = WeakSet()
        self._due = 0.0

    def add(self, handles: IdleHandles[Any]) -> None:
        with self._lock:
            self._all.add(handles)

    def run_if_due(self, now: float) -> None:
        if now < self._due:
            return
        with self._lock:
            self._due = now + SWEEP_SECONDS
            every = list(self._all)
        for handles in every:
            handles.close_old(now)


_sweep = _Sweep()
