"""The bandwidth of one attempt: a token bucket that all of its transfers share. Its rate may change at any time.

Used in the job process, from any thread, and by event loops, which never wait in it. Opens nothing.
"""

import threading
import time
from collections.abc import Callable

# The most that is saved up while nothing moves, in seconds of the rate.
BURST_SECONDS = 0.5

# What moves between two looks at the bandwidth, where that is for us to choose.
PIECE_SECONDS = 0.1
LEAST_PIECE_BYTES = 16 << 10

# The longest wait that a change of the rate leaves behind.
LONGEST_DEBT_SECONDS = 1.0


class Bandwidth:
    """Bytes per second, None without a limit.

    What moves is spent, and more may move when nothing is overdrawn. So a piece may be larger than what was saved up:
    it moves at once, and the wait after it makes the mean right.
    """

    def __init__(self, rate: int | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rate = rate
        self._left = 0.0  # bytes; below 0 they are overdrawn
        self._at = clock()

    def set(self, rate: int | None) -> None:
        """Change the rate, from now on."""
        with self._lock:
            self._settle()
            self._rate = rate
            self._left = 0.0 if rate is None else max(min(self._left, 0.0), -LONGEST_DEBT_SECONDS * rate)

    def piece(self, most: int, seconds: float = PIECE_SECONDS) -> int:
        """Return how many bytes, up to `most`, to move before the next look at the bandwidth."""
        return most if self._rate is None else min(most, max(LEAST_PIECE_BYTES, int(seconds * self._rate)))

    def spend(self, size: int) -> None:
        """Count `size` bytes that move. Never waits."""
        if self._rate is None:
            return
        with self._lock:
            self._settle()
            self._left -= size

    def admit(self, size: int) -> float:
        """Spend `size` bytes and return 0 if they may move now; otherwise return `wait_seconds()`. Never waits."""
        with self._lock:
            self._settle()
            if (left := self._wait_seconds()) == 0:
                self._left -= size
            return left

    def wait_seconds(self) -> float:
        """Return the seconds until the next bytes may move, at the present rate. 0 means now. Never waits."""
        if self._rate is None:
            return 0.0
        with self._lock:
            self._settle()
            return self._wait_seconds()

    def _wait_seconds(self) -> float:
        return 0.0 if self._left > -1 or self._rate is None else -self._left / self._rate

    def _settle(self) -> None:
        now = self._clock()
        if self._rate is not None:
            self._left = min(BURST_SECONDS * self._rate, self._left + (now - self._at) * self._rate)
        self._at = now
