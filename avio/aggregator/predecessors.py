"""Queues the jobs whose predecessors have ended as they had to, and cancels those that can no longer begin.

Runs in the aggregator. Any number may run: the guards are in the rows.
"""

import logging

from avio.db import predecessors
from avio.db.connection import borrow
from avio.rules.begin import PredecessorFailed, hopeless
from avio.wire.events import StateEvent
from avio.wire.states import State

log = logging.getLogger(__name__)


def settle() -> list[StateEvent]:
    """Look at all jobs that wait for others. Return the events for listeners."""
    told = []
    with borrow():
        if queued := predecessors.settle():
            log.info("jobs queued after others", extra={"jobs": queued})
        for found in predecessors.hopeless():
            message = f"{hopeless(found.predecessor, found.state)}; it never began"
            if predecessors.give_up(found.job, PredecessorFailed.reason, message):
                told.append(StateEvent(found.job, 0, State.CANCELLED))
    return told
