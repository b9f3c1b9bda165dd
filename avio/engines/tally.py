"""Counts the bytes of one file under way: how many came with the present try, and what to take back when it fails.

Used in the job process and in its movers, by the threads that move the file. One number a piece, nothing a byte.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from avio.engines.bandwidth import Bandwidth
from avio.engines.base import Moved
from avio.engines.run import Run
from avio.errors import EngineError
from avio.wire.results import Outcome


class Tally:
    """`run` for one try of a file, or of a part of one: all bytes that cross the wire are bytes of it.

    `crossed` counts bytes that crossed the wire, for the run alone.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.crossed: Callable[[int], None] = run.crossed if isinstance(run, Tally) else run.moved
        self._lock = threading.Lock()
        self._bytes = 0
        self.name, self.threads = run.name, run.threads

    @property
    def concurrency(self) -> int | None:
        """As the run's."""
        return self._run.concurrency

    @property
    def bandwidth(self) -> Bandwidth:
        """As the run's."""
        return self._run.bandwidth

    def stopping(self) -> bool:
        """Return what the run says."""
        return self._run.stopping()

    def moved(self, size: int) -> None:
        """Count `size` bytes that crossed the wire."""
        self.crossed(size)
        self.advanced(size)

    def advanced(self, size: int) -> None:
        """Count `size` bytes of the file; below 0 they are taken back."""
        with self._lock:
            self._bytes += size
        self._run.advanced(size)

    def adopt(self, size: int) -> None:
        """Count `size` bytes of the file that a mover has counted for the run before."""
        with self._lock:
            self._bytes += size

    def settle(self, size: int = 0) -> None:
        """Make it `size` bytes: all of a file that is in place, none after a try that failed."""
        self.advanced(size - self._bytes)

    def checked(self, size: int) -> None:
        """Count `size` bytes that were read back."""
        self._run.checked(size)

    def silent(self, seconds: float) -> AbstractContextManager[None]:
        """Return the run's block."""
        return self._run.silent(seconds)

    def waits(self, error: EngineError | None, of: object) -> None:
        """Say so to the run."""
        self._run.waits(error, of)


def counted(run: Run, move: Callable[[Tally], Moved]) -> Moved:
    """Return `move(tally)`, the outcome of one try of a file. The run counts all bytes of a file that was moved.

    It counts none of any other: neither after an error, which is raised, nor of what was left as it is.
    """
    tally = Tally(run)
    try:
        moved = move(tally)
    except BaseException:
        tally.settle()
        raise
    tally.settle(moved.bytes if moved.outcome is Outcome.DONE else 0)
    return moved
