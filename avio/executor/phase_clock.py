"""The phases of an attempt: when each began, and how long it took.

Runs in the job process. Any thread may call it.
"""

import threading
from dataclasses import dataclass

from avio import clock
from avio.wire.states import Phase
from avio.wire.timings import MAX_PHASES, PhaseTime


@dataclass(frozen=True, slots=True)
class _Begun:
    phase: Phase
    wall: float  # seconds since the epoch
    moment: float  # seconds on CLOCK_BOOTTIME


class PhaseClock:
    """The phases so far. The attempt begins with the listing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun = [_Begun(Phase.LISTING, clock.now(), clock.boottime())]

    @property
    def current(self) -> Phase:
        """The phase that goes on."""
        return self._begun[-1].phase

    def begin(self, phase: Phase) -> None:
        """Enter `phase`. What comes after `MAX_PHASES` phases counts as a part of the last one."""
        with self._lock:
            if phase is not self.current and len(self._begun) < MAX_PHASES:
                self._begun.append(_Begun(phase, clock.now(), clock.boottime()))

    def first(self, phase: Phase) -> float | None:
        """Return when `phase` began first, in seconds on CLOCK_BOOTTIME, or None."""
        return next((each.moment for each in self._begun if each.phase is phase), None)

    def told(self) -> list[PhaseTime]:
        """Return all phases, and how long each took; of the last one, so far."""
        with self._lock:
            ends = [each.moment for each in self._begun[1:]] + [clock.boottime()]
            return [
                PhaseTime(each.phase.value, round(each.wall * 1000), max(0, round((end - each.moment) * 1000)))
                for each, end in zip(self._begun, ends, strict=True)
            ]
