"""Looks at paths that many wait for: one look at a path serves all its waiters. Used by web; no Flask.

The more a look costs, the longer its answer stands, so that nobody's wait walks a bucket again and again.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from avio import clock
from avio.engines.base import Entry
from avio.rules.places import Places

LEAST_PAUSE_SECONDS = 2.0
PAUSE_FACTOR = 5.0  # a look takes at most a sixth of the time
MOST_PAUSE_SECONDS = 300.0
STORE_LOOKS = 4  # looks at once at each store
PATHS_MAX = 1000


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a path has found: an entry, or the error. `at` is in epoch seconds."""

    number: int
    at: float
    entry: Entry | None
    error: Exception | None


@dataclass(slots=True)
class _Watched:
    look: Look | None = None
    due: float = float("-inf")  # on the monotonic clock
    is_looked_at: bool = False
    waiters: int = 0


class Looks:
    """The newest look at each path, in one process. Each look has a thread beside the requests."""

    def __init__(self, stat: Callable[[str], Entry], store_of: Callable[[str], str]) -> None:
        self._stat = stat
        self._store_of = store_of
        self._ended = threading.Condition()
        self._watched: dict[str, _Watched] = {}
        self._places = Places(STORE_LOOKS)
        self._count = 0

    def newest(self, path: str, *, after: int, patience: float) -> Look | None:
        """Return a recent look with a number above `after`, or None after `patience` seconds. Begin one if it is due.

        Raises PathNotFound if no mount covers `path`.
        """
        store = self._store_of(path)
        with self._ended:
            watched = self._find(path)
            watched.waiters += 1
            try:
                if not watched.is_looked_at and time.monotonic() >= watched.due:
                    self._begin(path, store, watched)
                self._ended.wait_for(lambda: _recent(watched, after) is not None, patience)
                return _recent(watched, after)
            finally:
                watched.waiters -= 1

    def _find(self, path: str) -> _Watched:
        if path not in self._watched and len(self._watched) >= PATHS_MAX:
            idle = [name for name, each in self._watched.items() if not (each.waiters or each.is_looked_at)]
            for name in idle[: max(1, len(idle) // 2)]:  # the oldest come first
                del self._watched[name]
        return self._watched.setdefault(path, _Watched())

    def _begin(self, path: str, store: str, watched: _Watched) -> None:
        """Begin a look, unless the store has enough of them: a waiter asks again soon."""
        if not self._places.take(store):
            return
        try:
            threading.Thread(target=self._look, args=(path, store, watched), name="look", daemon=True).start()
        except BaseException:
            self._places.give_back(store)
            raise
        watched.is_looked_at = True

    def _look(self, path: str, store: str, watched: _Watched) -> None:
        entry: Entry | None = None
        error: Exception | None = None
        at, began = clock.now(), time.monotonic()
        try:
            entry = self._stat(path)
        except Exception as raised:  # a waiter raises it; a defect becomes its 500
            error = raised.with_traceback(None)
        ended = time.monotonic()
        pause = min(max(PAUSE_FACTOR * (ended - began), LEAST_PAUSE_SECONDS), MOST_PAUSE_SECONDS)
        self._places.give_back(store)
        with self._ended:
            self._count += 1
            watched.look = Look(self._count, at, entry, error)
            watched.due = ended + pause
            watched.is_looked_at = False
            self._ended.notify_all()


def _recent(watched: _Watched, after: int) -> Look | None:
    """Return the look of `watched` if it is newer than `after`, and not due again."""
    look = watched.look
    return look if look is not None and look.number > after and time.monotonic() < watched.due else None
