"""A page of memory that a job process shares with its movers: when to stop, and what each mover has done.

Written by the job process (stop, deadline, limits, dismissals) and by each mover (what it has done).
"""

import mmap
from typing import NamedTuple

from avio.wire.limits import Limits

MAX_MOVERS = 64

# Where numbers are: in units of their 8 bytes.
_STOP, _DEADLINE, _BANDWIDTH, _CONCURRENCY, _MOVERS = range(5)
_PLACES, _PLACE = 8, 8
_MOVED, _CHECKED, _BEATS, _SILENT_UNTIL, _DISMISSED, _PID, _WANTED, _ADVANCED = range(8)


class Shown(NamedTuple):
    """What a mover has done: bytes that crossed the wire, bytes read back, steps of progress.

    Until `silent_until` (seconds on CLOCK_MONOTONIC) it may show no progress. `advanced` are the bytes that came of all
    files so far, without those of tries that failed.
    """

    moved: int = 0
    checked: int = 0
    beats: int = 0
    silent_until: float = 0.0
    advanced: int = 0


class Page:
    """The shared memory. Each number has one writer; a write of 8 aligned bytes is seen whole or not at all."""

    def __init__(self) -> None:
        memory = memoryview(mmap.mmap(-1, 8 * (_PLACES + MAX_MOVERS * _PLACE)))
        # Not struct.pack_into: that writes zeros first.
        self._numbers, self._times = memory.cast("Q"), memory.cast("d")
        self.deadline = float("inf")

    @property
    def stopped(self) -> bool:
        """True after `stop`."""
        return bool(self._numbers[_STOP])

    def stop(self) -> None:
        """Ask all processes of the attempt to stop."""
        self._numbers[_STOP] = 1

    @property
    def deadline(self) -> float:
        """The end of the attempt's lease, in seconds on CLOCK_BOOTTIME: nothing may be published after it."""
        return self._times[_DEADLINE]

    @deadline.setter
    def deadline(self, moment: float) -> None:
        self._times[_DEADLINE] = moment

    @property
    def limits(self) -> Limits:
        """The limits of the attempt."""
        return Limits(self._numbers[_BANDWIDTH] or None, self._numbers[_CONCURRENCY] or None)

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._numbers[_BANDWIDTH] = limits.bandwidth or 0
        self._numbers[_CONCURRENCY] = limits.concurrency or 0

    @property
    def limits_mark(self) -> tuple[int, int, int]:
        """What `limits` and `movers` say, as plain numbers: another mark after each change. It costs less than they."""
        numbers = self._numbers
        return numbers[_BANDWIDTH], numbers[_CONCURRENCY], numbers[_MOVERS]

    @property
    def movers(self) -> int:
        """How many movers share the limits."""
        return max(1, self._numbers[_MOVERS])

    @movers.setter
    def movers(self, count: int) -> None:
        self._numbers[_MOVERS] = count

    def clear(self, place: int) -> None:
        """Prepare `place` for a new mover."""
        self.show(place, Shown())
        for number in (_DISMISSED, _PID, _WANTED, _ADVANCED):
            self._numbers[_at(place) + number] = 0

    def enter(self, place: int, pid: int) -> None:
        """Write that the process `pid` is the mover at `place`. Called in that process."""
        self._numbers[_at(place) + _PID] = pid

    def pid(self, place: int) -> int:
        """Return the process of the mover at `place`, 0 if it has not entered."""
        return self._numbers[_at(place) + _PID]

    def want(self, place: int, rows: int) -> None:
        """Write how many rows the mover at `place` wants under way. Called in that mover."""
        self._numbers[_at(place) + _WANTED] = rows

    def wanted(self, place: int) -> int:
        """Return how many rows the mover at `place` wants under way, 0 if it has not said."""
        return self._numbers[_at(place) + _WANTED]

    def dismiss(self, place: int) -> None:
        """Ask the mover at `place` to stop: nobody wants its results."""
        self._numbers[_at(place) + _DISMISSED] = 1

    def ends(self, place: int, now: float) -> bool:
        """Return True if the mover at `place` must stop: after `stop` or `dismiss`, or `now` after the deadline."""
        numbers = self._numbers
        asked = numbers[_STOP] or numbers[_PLACES + place * _PLACE + _DISMISSED]
        return bool(asked) or now > self._times[_DEADLINE]

    def show(self, place: int, shown: Shown) -> None:
        """Write what the mover at `place` has done. Called in that mover."""
        at = _at(place)
        self._numbers[at + _MOVED], self._numbers[at + _CHECKED] = shown.moved, shown.checked
        self._times[at + _SILENT_UNTIL] = shown.silent_until
        self._numbers[at + _BEATS] = shown.beats

    def advance(self, place: int, size: int) -> None:
        """Write how many bytes of files the mover at `place` has so far. Called in that mover."""
        self._numbers[_at(place) + _ADVANCED] = size

    def shown(self, place: int) -> Shown:
        """Return what the mover at `place` has done."""
        at, numbers = _at(place), self._numbers
        beats, advanced = numbers[at + _BEATS], numbers[at + _ADVANCED]
        return Shown(numbers[at + _MOVED], numbers[at + _CHECKED], beats, self._times[at + _SILENT_UNTIL], advanced)


def _at(place: int) -> int:
    return _PLACES + place * _PLACE
