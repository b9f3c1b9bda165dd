"""The connections that large objects of one bucket have in this process, all within the `concurrency` of the attempt.

Used in the job process and in its movers, by several threads at once.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from avio.engines.cancel import POLL_SECONDS, Stopped
from avio.engines.run import Run

MAX_MORE = 7  # connections for ranges beside those that objects begin with, in all
BUSY_LANES = 2  # connections that are enough where the processor is the limit: more of them take turns


class Lanes:
    """Connections under way. Downloads begin with one and `take` more; uploads have one for each part."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._busy = 0
        self._more = 0
        self.spent = 0.0  # seconds of processor time of connections for ranges

    def spend(self, seconds: float) -> None:
        """Count processor time of a connection."""
        with self._changed:
            self.spent += seconds

    def begin(self) -> None:
        """Count the connection that a download begins with. `end` it."""
        with self._changed:
            self._busy += 1

    def end(self) -> None:
        """Count one less."""
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()

    def take(self, run: Run, *, busy: bool = False) -> bool:
        """Take one more connection for a download if there may be more. `give` it back.

        `busy` says that the processor is the limit: then a few are enough for all downloads.
        """
        with self._changed:
            if self._more == MAX_MORE or (busy and self._busy >= BUSY_LANES) or not self._has_room(run):
                return False
            self._more += 1
            self._busy += 1
            return True

    def give(self) -> None:
        """Give back what was taken."""
        with self._changed:
            self._more -= 1
        self.end()

    def too_many(self, run: Run) -> bool:
        """Return True if one that was taken should be given back, as the limit has become lower."""
        with self._changed:
            return run.concurrency is not None and self._busy > run.concurrency

    @contextmanager
    def part(self, run: Run, stopping: Callable[[], bool]) -> Iterator[None]:
        """Return a `with` block in which a part may go; it waits for a connection. Raises Stopped."""
        with self._changed:
            while not self._has_room(run):
                self._changed.wait(POLL_SECONDS)
                if stopping():
                    raise Stopped
            self._busy += 1
        try:
            yield
        finally:
            self.end()

    def _has_room(self, run: Run) -> bool:
        return run.concurrency is None or self._busy < max(1, run.concurrency)
