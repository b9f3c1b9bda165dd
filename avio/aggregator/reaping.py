"""The reaper: takes back the jobs of nodes whose lease ran out a grace ago.

Runs in the aggregator. Any number may run: the guard is in the row.
"""

import logging

from avio.db import ends, reaping
from avio.db.connecting import borrow
from avio.faults import fault
from avio.wire.events import StateEvent

log = logging.getLogger(__name__)


def reap(grace: float) -> list[StateEvent]:
    """Give back the orphaned jobs; return what to tell the listeners."""
    told = []
    with borrow():
        if lost := reaping.mark_lost(grace):
            log.warning("nodes lost", extra={"nodes": lost})
        for held in reaping.orphans(grace):
            fault("aggregator.before-give-back")
            state = ends.give_back(held.job, held.attempt, ends.Cause.LOST, "its node was lost")
            if state is not None:
                log.warning("job reaped", extra={"job": held.job, "attempt": held.attempt, "state": state})
                told.append(StateEvent(held.job, held.attempt, state))
    return told
