"""How much may be in flight on one worker: found by trying, since a worker does not tell how much it can buffer.

Used in the job process. Pure: counts and times in, bounds out. Not safe by itself: its lane holds the lock.
"""

MIB = 1 << 20
FIRST_BYTES = 32 * MIB
MOST_BYTES = 1024 * MIB
FIRST_BLOCKS = 8
MOST_BLOCKS = 100
CALLS = 2  # calls abreast on a worker: one is prepared while the other is worked on
SLOW = 1.0  # seconds: a call that takes longer is large enough, since a cancel waits for its end
TOO_SLOW = 3.0


class Window:
    """The bounds of one worker: double while all goes well, half when it has no memory left, then grow by steps.

    `most` bounds the bytes in flight.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = max(MIB, min(MOST_BYTES, most or MOST_BYTES))
        self.bytes = min(FIRST_BYTES, self._most)
        self.blocks = FIRST_BLOCKS
        self._in_flight = 0
        self._calls = 0
        self._refused = False

    def call_bytes(self) -> int:
        """Bytes that the next call may carry; a single block may be larger."""
        return self.bytes // CALLS

    def admits(self, size: int) -> bool:
        """Tell whether a call of `size` bytes may begin; the first always may."""
        return self._calls == 0 or (self._calls < CALLS and self._in_flight + size <= self.bytes)

    def begin(self, size: int) -> None:
        """A call of `size` bytes begins."""
        self._in_flight += size
        self._calls += 1

    def end(self, size: int) -> None:
        """It ended, one way or the other."""
        self._in_flight -= size
        self._calls -= 1

    def went_well(self, seconds: float) -> None:
        """All blocks of a call were taken, in `seconds`."""
        if seconds > TOO_SLOW:
            self.bytes = max(min(FIRST_BYTES, self._most), self.bytes // 2)
            self.blocks = max(FIRST_BLOCKS, self.blocks // 2)
        elif seconds < SLOW:
            self.blocks = min(MOST_BLOCKS, self.blocks * 2)
            self.bytes = min(self._most, self.bytes + FIRST_BYTES // 2 if self._refused else self.bytes * 2)

    def was_refused(self) -> None:
        """The worker had no memory for a block."""
        self._refused = True
        self.bytes = max(MIB, self.bytes // 2)
        self.blocks = max(1, self.blocks // 2)
