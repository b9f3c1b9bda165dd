"""Bounds of what may happen at once, by key: a user, a mount. Used by web; no Flask.

Whoever finds no place is refused at once: a thread that waits for a place would be one more that is taken.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from avio.engines.base import Engine
from avio.errors import MountBusy

UNLIMITED = 1 << 30


class Places:
    """At most `limit` places of each key."""

    def __init__(self, limit: int = UNLIMITED) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._taken: Counter[object] = Counter()

    def take(self, key: object) -> bool:
        """Take a place. Return False if all of `key` are taken."""
        with self._lock:
            if self._taken[key] >= self.limit:
                return False
            self._taken[key] += 1
            return True

    def give_back(self, key: object) -> None:
        """Give a place back that was taken."""
        with self._lock:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]


class MountPlaces:
    """The requests that use each store of an engine: a mount that hangs keeps no more than `limit` of them."""

    def __init__(self, engine: Engine, limit: int = UNLIMITED) -> None:
        self._engine = engine
        self._places = Places(limit)

    @contextmanager
    def use(self, path: str) -> Iterator[None]:
        """Take a place of the store behind `path` for a `with` block. Raise MountBusy if it has none."""
        store = self._engine.store_of(path)
        if not self._places.take(store):
            raise MountBusy(f"{store}: {self._places.limit} requests wait for it already", retry_after=2)
        try:
            yield
        finally:
            self._places.give_back(store)
