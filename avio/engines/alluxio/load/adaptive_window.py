"""Limits for one worker: bytes and blocks in flight, found by trying, its room, and bytes per second, by a bandwidth.

Used in the job process. Opens nothing. The block queue holds the lock of a window.
"""

import threading
import time
from collections.abc import Callable

MIB = 1 << 20
FIRST_BYTES = 32 * MIB
MAX_BYTES = 1024 * MIB
FIRST_BLOCKS = 8
MAX_BLOCKS = 100
CALLS_PER_WORKER = 2  # parallel calls to a worker: it prepares one while it works on the other
SLOW_SECONDS = 1.0  # a call that takes longer is large enough, since a cancel waits for its end
TOO_SLOW_SECONDS = 3.0


class AdaptiveWindow:
    """The limits of one worker. Double while all calls succeed, halve if it has no memory, then grow by steps.

    `most` bounds the bytes in flight. `piece` returns how many bytes of a number the bandwidth of the job allows in one
    call. `room` returns how many bytes of the job the worker can have without dropping
    others of the same job: it never takes more. They are spread over `tiers`, of which one must have room for a block.
    """

    def __init__(
        self,
        most: int | None = None,
        room: Callable[[], float] = lambda: float("inf"),
        tiers: int = 1,
        piece: Callable[[int], int] = int,
    ) -> None:
        self._piece = piece
        self._room = room
        self._tiers = tiers
        self._taken = 0
        self._free = float("inf")  # bytes that nothing has, as the master knew them
        self._taken_before = self._taken_then = 0  # when that was told, and the time before
        self._most = max(MIB, min(MAX_BYTES, most or MAX_BYTES))
        self.bytes = min(FIRST_BYTES, self._most)
        self.blocks = FIRST_BLOCKS
        self._in_flight = 0
        self._calls = 0
        self._refused = False

    def call_bytes(self) -> int:
        """Bytes that the next call may have. A single block may be larger."""
        return self._piece(self.bytes // CALLS_PER_WORKER)

    def admits(self, block: int, beside: int = 0) -> bool:
        """Return True if a call may have a block of so many bytes, beside others of `beside` bytes.

        The first call always may have one, if there is room.
        """
        return self.has_room(block, beside) and self._has_memory(block + beside)

    def has_room(self, block: int, beside: int = 0) -> bool:
        """Return True if the worker can have one more block of the job, after others of `beside` bytes."""
        return self._taken + beside + self._tiers * (block - 1) + 1 <= self._room()

    def has_free(self, block: int) -> bool:
        """Return True if the worker can have one more block without dropping any other."""
        return self._taken - self._taken_before + self._tiers * (block - 1) + 1 <= self._free

    def tell_free(self, size: int) -> None:
        """Take over how many bytes are free. What was loaded since the last telling may not be counted in it yet."""
        self._free = size
        self._taken_before, self._taken_then = self._taken_then, self._taken

    @property
    def idle(self) -> bool:
        """Return True if no call runs."""
        return self._calls == 0

    def begin(self, size: int) -> None:
        """A call of `size` bytes begins."""
        self._in_flight += size
        self._taken += size
        self._calls += 1

    def end(self, size: int, missed: int) -> None:
        """A call has ended; `missed` of its bytes were not loaded."""
        self._in_flight -= size
        self._taken -= missed
        self._calls -= 1

    def went_well(self, seconds: float) -> None:
        """A call loaded all blocks in `seconds`."""
        if seconds > TOO_SLOW_SECONDS:
            self.bytes = max(min(FIRST_BYTES, self._most), self.bytes // 2)
            self.blocks = max(FIRST_BLOCKS, self.blocks // 2)
        elif seconds < SLOW_SECONDS:
            self.blocks = min(MAX_BLOCKS, self.blocks * 2)
            self.bytes = min(self._most, self.bytes + FIRST_BYTES // 2 if self._refused else self.bytes * 2)

    def was_refused(self) -> None:
        """The worker had no memory for a block."""
        self._refused = True
        self.bytes = max(MIB, self.bytes // 2)
        self.blocks = max(1, self.blocks // 2)

    def _has_memory(self, size: int) -> bool:
        return self._calls == 0 or (self._calls < CALLS_PER_WORKER and self._in_flight + size <= self.bytes)


class RateLimit:
    """Delays the calls to one worker, by bytes per second. None means no delay.

    The workers' own limit is a mean over a minute, which does not limit a short job.
    """

    def __init__(self, bandwidth: int | None) -> None:
        self._bandwidth = bandwidth
        self._lock = threading.Lock()
        self._next = float("-inf")

    def turn(self, size: int) -> float:
        """Reserve `size` bytes. Return the time at which they may begin, on the monotonic clock."""
        now = time.monotonic()
        if self._bandwidth is None:
            return now
        with self._lock:
            begin = max(now, self._next)
            self._next = begin + size / self._bandwidth
            return begin
