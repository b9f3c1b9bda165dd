"""Decides when the next GETs or PUTs of small objects may begin: by the run's limits, memory, and what the store bears.

Used in the job process, by one thread, which tells of each request that begins and ends. Opens nothing.
"""

import resource
import time

from avio.engines.local.transfer.adaptive_width import LEAST, MOST, AdaptiveWidth
from avio.engines.run import Run

SMALL_BYTES = 1 << 20  # an object of more is not small
MAX_BYTES = 64 << 20  # of all small objects that are under way: they are in memory
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 2.0  # while the store refuses all of them
LONG_FILL_SECONDS = 0.25  # to begin requests: lister or disk are slow, and what has ended says nothing of the width
LONG_REPLY_SECONDS = 0.02  # of the store, to one request: then more of them are worth their begin at once
OPEN_FILES_PART = 4  # of the open files that the process may have: so many connections at most
MAX_TRIES = 8  # of an object that the store refuses since there are too many; then a thread moves it


class RequestFlow:
    """The requests under way: their number, which follows the store, and their bytes."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._bandwidth = run.bandwidth
        self._most = _most_by_files()
        self._width = AdaptiveWidth(self._most)
        self._live = self._bytes = 0
        self._filling = self._looked = time.monotonic()
        self._full = False
        self._resume_at = float("-inf")  # the store is left alone until then
        self._pause = FIRST_PAUSE_SECONDS
        self._refused_in_a_row = 0

    def expect(self, reply_seconds: float) -> None:
        """Take how long the store takes to answer one request, before the first begins."""
        if reply_seconds >= LONG_REPLY_SECONDS:
            self._width.expect_long_waits()

    @property
    def most(self) -> int:
        """How many may be under way at once."""
        most = self._run.concurrency
        return self._width.width if most is None else min(self._width.width, most)

    def free(self, beside: int) -> int:
        """Return how many more may begin now. `beside` them so many files are under way in another way."""
        self._filling = time.monotonic()
        self._bandwidth = self._run.bandwidth
        most = self._run.concurrency
        self._width.limit(min(most or MOST, self._most))
        width = self._width.width if most is None else min(self._width.width, most - beside)
        return max(0, width - self._live)

    @property
    def must_wait(self) -> bool:
        """Return True if none may begin yet, whatever their number."""
        if self._bytes > MAX_BYTES - SMALL_BYTES:
            return True
        if self._bandwidth.wait_seconds() > 0 or time.monotonic() < self._resume_at:
            self._run.checked(0)  # an attempt that waits for these has not stalled
            return True
        return False

    def begin(self, size: int) -> None:
        """A request for an object of `size` bytes begins."""
        self._live += 1
        self._bytes += size
        self._bandwidth.spend(size)

    def end(self, size: int) -> None:
        """It has ended."""
        self._live -= 1
        self._bytes -= size

    def refused(self, size: int) -> None:
        """It has ended, and no bytes were moved."""
        self.end(size)
        self._bandwidth.spend(-size)

    def filled(self) -> None:
        """No more begin for now. What ends next counts if as many are under way as the width allows."""
        self._full = self._live >= self._width.width and time.monotonic() - self._filling < LONG_FILL_SECONDS

    def learn(self, sizes: list[int], refused: int, pause: float, waited: float) -> None:
        """Let width and pauses follow what has ended since the last time: `sizes` were moved, `refused` were not.

        The store asks to be left alone for `pause` seconds. The thread has `waited` for it since the last time.
        """
        now = time.monotonic()
        seconds, self._looked = now - self._looked, now
        if self._full or refused:
            self._width.feed(len(sizes), sum(sizes), seconds, refused, max(0.0, seconds - waited))
        self._refused_in_a_row = 0 if sizes else self._refused_in_a_row + refused
        if sizes:
            self._pause = FIRST_PAUSE_SECONDS
        elif self._refused_in_a_row >= 2 * self._width.width:
            self._refused_in_a_row = 0
            pause = max(pause, self._pause)
            self._pause = min(LONGEST_PAUSE_SECONDS, 2 * self._pause)
        self._resume_at = max(self._resume_at, now + pause)


def _most_by_files() -> int:
    """Return how many connections leave open files for everything else of this process."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else max(LEAST, min(MOST, soft // OPEN_FILES_PART))
