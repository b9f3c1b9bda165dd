"""When the next bytes may go, so that a bandwidth is kept.

Used in the job process. The workers' own bound is a mean over a minute: a short job would not feel it.
"""

import threading
import time


class Pace:
    """The pace of one worker, in bytes a second; None lets everything go at once."""

    def __init__(self, bandwidth: int | None) -> None:
        self._bandwidth = bandwidth
        self._lock = threading.Lock()
        self._next = float("-inf")

    def turn(self, size: int) -> float:
        """Book `size` bytes, and return when they may begin, on the monotonic clock."""
        now = time.monotonic()
        if self._bandwidth is None:
            return now
        with self._lock:
            begin = max(now, self._next)
            self._next = begin + size / self._bandwidth
            return begin
