"""The reaper: takes back the jobs of nodes whose lease ended `grace` seconds ago.

Runs in the aggregator. Any number may run: the guard is in the row.
"""

import logging

from avio.db import dead_nodes, ends
from avio.db.connection import borrow
from avio.faults import fault
from avio.wire.events import StateEvent

log = logging.getLogger(__name__)


def reap(grace: float) -> list[StateEvent]:
    """Give back the orphaned jobs. Return the events for listeners."""
    told = []
    with borrow():
        if lost := dead_nodes.mark_lost(grace):
            log.warning("nodes lost", extra={"nodes": lost})
        for held in dead_nodes.orphans(grace):
            fault("aggregator.before-give-back")
            state = ends.give_back(held.job, held.attempt, ends.Cause.LOST, "its node was lost")
            if state is not None:
                log.warning("job reaped", extra={"job": held.job, "attempt": held.attempt, "state": state})
                told.append(StateEvent(held.job, held.attempt, state))
    return told
