"""What each mover of an attempt has done: files, bytes, processor time. For people who ask how a job used its node.

Runs in the job process. `Pool` writes it, one thread at a time; the reporter's thread reads it.
"""

import time
from contextlib import suppress
from dataclasses import replace

from avio.engines.movers.packets import Row
from avio.wire.progress import MoverShare
from avio.wire.results import Outcome

# Results that count as files: moved, or compared by a check. What was skipped or failed is none, nor are the results
# of rechecks and of parts of files.
COUNTED = frozenset((Outcome.DONE, Outcome.SAME, Outcome.DIFFERENT, Outcome.ONLY_IN_BUCKET, Outcome.ONLY_IN_CACHE))
READ_SECONDS = 0.25  # between two readings of a mover's clock: one takes 10 µs


class Shares:
    """The shares of an attempt's movers, by their places: one that takes the place of a dead mover adds to its share.

    So there are never more than a page has places.
    """

    def __init__(self) -> None:
        self._shares: dict[int, MoverShare] = {}
        self._before: dict[int, int] = {}  # processor milliseconds of earlier movers at a place
        self._due: dict[int, float] = {}  # when to read the clock of a mover again

    def begin(self, place: int) -> None:
        """Count a new mover at `place`."""
        share = self._shares.setdefault(place, MoverShare())
        self._before[place] = share.cpu_ms

    def did(self, place: int, results: list[Row]) -> None:
        """Count the files among the results that a mover sent: the outcome is behind the place."""
        self._shares[place].files += sum(len(row) > 1 and row[1] in COUNTED for row in results)

    def moved(self, place: int, size: int) -> None:
        """Count `size` bytes that crossed the wire."""
        self._shares[place].bytes += size

    def spent(self, place: int, pid: int, *, last: bool = False) -> None:
        """Read the processor time of the mover `pid`, now and then, and if it is the `last` time.

        Of one that has ended the last reading stays. A mover that has not entered its place has the pid 0.
        """
        now = time.monotonic()
        if not pid or (now < self._due.get(place, now) and not last):
            return
        self._due[place] = now + READ_SECONDS
        with suppress(OSError):
            self._shares[place].cpu_ms = self._before[place] + processor_ms(pid)

    def told(self) -> list[MoverShare]:
        """Return a copy of the shares, in the order of the first movers' starts."""
        return [replace(share) for share in list(self._shares.values())]


def processor_ms(pid: int) -> int:
    """Return the processor time of a process in milliseconds. Raise OSError if it has ended.

    The clock of a process has the number that clock_getcpuclockid(3) makes of its id.
    """
    return time.clock_gettime_ns(~pid << 3 | 2) // 1_000_000
