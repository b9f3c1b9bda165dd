"""Waits until the cache has room for all of a preload, which holds none of it meanwhile. Has a limit.

Runs in the job process, in the lister's thread.
"""

import time
from collections.abc import Callable

from avio.errors import CacheFull
from avio.executor.attempt import Attempt, Stopped
from avio.wire.waiting import Why

LOOK_SECONDS = 1.0  # between two looks for room


class RoomWait:
    """The wait of one preload with ifFull=wait, at most `seconds`."""

    def __init__(self, attempt: Attempt, seconds: float) -> None:
        self._attempt, self._seconds = attempt, seconds

    def until_there(self, take: Callable[[], None], leave: Callable[[], bool]) -> None:
        """Return when `take` has taken the room. Raise its CacheFull after the limit, Stopped if the job must stop."""
        began = time.monotonic()
        while True:
            try:
                take()
            except CacheFull as full:
                left = self._seconds - (time.monotonic() - began)
                if left <= 0:
                    self._attempt.waiting.end(self)
                    raise CacheFull(f"{full.message}; no room came in {self._seconds:.0f} s", cure=full.cure) from None
                self._attempt.waiting.begin(self, Why.TIER_FULL, full.message)
                self._attempt.wait(min(LOOK_SECONDS, left), leave)
                if leave():
                    raise Stopped from None
            else:
                self._attempt.waiting.end(self)
                return
