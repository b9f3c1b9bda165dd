"""Waits while bucket or cache is unavailable, and gives up after a time without progress.

Runs in the job process. Each thread that waits has its own `Patience`.
"""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from avio.errors import EngineAway
from avio.executor.attempt import Attempt
from avio.wire.waiting import Why

T = TypeVar("T")

# Seconds to wait, in turn, before the next try; the last one repeats.
PAUSES_SECONDS = (1.0, 5.0, 15.0, 30.0)

log = logging.getLogger(__name__)


def _stays() -> bool:
    return False


class Patience:
    """The waits of one thread of an attempt, at most `seconds` without progress."""

    def __init__(self, attempt: Attempt, seconds: float) -> None:
        self._attempt, self._seconds = attempt, seconds
        self._reached = -1
        self._bytes = -1
        self._since = 0.0
        self._waited = 0.0
        self._turn = 0

    def next_pause(self, error: EngineAway, reached: int) -> float:
        """Return the seconds to wait before the next try; raise `error` after too long without progress.

        `reached` counts the files that are done with; a larger one than before is progress, and the pauses begin anew.
        Bytes that moved mean that the store was there: they renew the time, but not the sum of the pauses, so that
        a store that breaks each file off is not waited for without end.
        """
        now, moved = time.monotonic(), self._attempt.bytes_moved()
        if reached > self._reached:
            self._turn, self._waited = 0, 0.0
        if reached > self._reached or moved > self._bytes:
            self._since = now
        self._reached, self._bytes = max(reached, self._reached), moved
        left = self._seconds - max(now - self._since, self._waited)
        if left <= 0:
            raise error
        pause = min(PAUSES_SECONDS[min(self._turn, len(PAUSES_SECONDS) - 1)], left)
        self._turn += 1
        self._waited += pause
        log.warning("%s; the next try is in %.0f s", error, pause)
        self._attempt.waiting.begin(self, Why.STORE_UNAVAILABLE, error.message, passes=True)
        return pause

    def wait(self, error: EngineAway, reached: int = 0, leave: Callable[[], bool] = _stays) -> None:
        """Wait before the next try, not beyond `leave()`; raises as `next_pause`, and Stopped."""
        self._attempt.wait(self.next_pause(error, reached), leave)

    def call(self, ask: Callable[[], T], reached: int = 0) -> T:
        """Return `ask()`, repeated while it raises EngineAway. Raises as `wait`."""
        while True:
            try:
                answer = ask()
            except EngineAway as error:
                self.wait(error, reached)
            else:
                self._attempt.waiting.end(self)
                return answer
