"""Takes no job while a tier of this node is not mounted, or is not the tier that the other nodes have.

Runs in intake's database thread.
"""

import logging
import time

from avio.config import Settings
from avio.db import leases
from avio.db import tiers as queries
from avio.db.connection import borrow
from avio.rules.tiers import adopt
from avio.rules.waiting import TAKES_NO_JOB
from supervisor.intake.slots import Slots
from supervisor.intake.sweep import Sweeper

CHECK_SECONDS = 5.0

log = logging.getLogger(__name__)


class TierWatch:
    """Registers new tiers, and pauses the slots of the node while one is wrong."""

    def __init__(self, settings: Settings, slots: Slots, sweeper: Sweeper) -> None:
        self._settings, self._slots, self._sweeper = settings, slots, sweeper
        self._checked = float("-inf")
        self._drained = True  # perhaps, by the intake before this one

    def check(self, epoch: int) -> None:
        """Look at the markers of the tiers, at most each CHECK_SECONDS. The node drains while one is wrong."""
        if time.monotonic() - self._checked < CHECK_SECONDS:
            return
        node = self._settings.node
        with borrow():
            wrong = adopt(self._settings)
            self._sweeper.expect(queries.known())
            text = "; ".join(f"{each.message}; {each.cure}" for each in wrong)
            if self._slots.pause(bool(wrong), "tiers"):
                log.error("no job is taken: %s", text) if wrong else log.warning("all tiers are right; taking jobs")
            if wrong:
                self._drained = True
                leases.drain(node, epoch)
                queries.explain_waiting(f"node {node} {TAKES_NO_JOB} {text}"[:1000])
            elif self._drained and not self._slots.is_draining():
                leases.end_drain(node, epoch)
                self._drained = False
        self._checked = time.monotonic()
