"""Notices that the database's clock was set forward. Then leases seem to be over that are not.

Runs in the aggregator, before the reaper. The nodes have a pause to renew, or to end what they run.
"""

import logging

from avio.clock import boottime
from avio.db.connection import borrow
from avio.db.sql import now

# Smaller steps are no danger: a job process ends itself before its lease and the grace are over.
STEP_SECONDS = 1.0

log = logging.getLogger(__name__)


class SteadyClock:
    """Compares the database's clock with CLOCK_BOOTTIME. After a step it is not steady for `pause` seconds."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._paused_until = float("-inf")
        self._before: tuple[float, float] | None = None  # the database's time, and ours before it was asked for

    def is_steady(self) -> bool:
        """Look at both clocks. Return False after a step forward."""
        asked = boottime()
        with borrow():
            told = now()
        here = boottime()
        if self._before is not None:
            step = (told - self._before[0]) - (here - self._before[1])  # at least so much: a reply may be slow
            if step > STEP_SECONDS:
                self._paused_until = here + self._pause
                log.warning("the database's clock was set forward: no node is given up for %g s", self._pause)
        self._before = told, asked
        return here >= self._paused_until
