"""Who may have a password checked now. Each check costs tens of milliseconds of a processor, and 64 MiB. Run by web.

Strangers can't delay those who have logged in from their address before, nor one address another.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from avio.errors import TooMany

WAIT_SECONDS = 2.0  # that a thread waits for its turn


class Lane:
    """One check at a time; `waiting` wait, at most `of_one` of them for the same client, and others are refused."""

    def __init__(self, waiting: int, of_one: int) -> None:
        self._waiting = waiting
        self._of_one = of_one
        self._lock = threading.Lock()
        self._inside: Counter[str] = Counter()
        self._turn = threading.BoundedSemaphore()

    @contextmanager
    def turn(self, client: str) -> Iterator[None]:
        """Wait for the turn of `client` for a `with` block. Raise TooMany if too many wait, or if it takes too long."""
        with self._lock:
            if self._inside[client] >= self._of_one or self._inside.total() > self._waiting:
                raise _too_many()
            self._inside[client] += 1
        try:
            if not self._turn.acquire(timeout=WAIT_SECONDS):
                raise _too_many()
            try:
                yield
            finally:
                self._turn.release()
        finally:
            with self._lock:
                self._inside[client] -= 1
                self._inside += Counter()  # drops zeros


def _too_many() -> TooMany:
    return TooMany("too many logins at once", cure="try again in a few seconds", retry_after=2)
