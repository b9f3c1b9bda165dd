"""Holds the node's lease: renews it, sends keeper the new deadline, compares the database with what runs here.

Runs in intake, in a thread of its own: neither RQ's sleeps nor a slow write may delay it.
"""

import logging
import time
from collections.abc import Callable

from avio.clock import boottime
from avio.config import Settings
from avio.db import leases
from avio.db.connection import AWAY, borrow
from avio.faults import fault
from avio.signs import SignPost
from supervisor.intake.channel import Channel
from supervisor.intake.identity import Identity
from supervisor.intake.slots import Slots
from supervisor.shared.messages import Renew, Stop

Lost = Callable[[leases.Held], None]

RETRY_SECONDS = 0.5

log = logging.getLogger(__name__)


class LeaseHolder:
    """Renews the lease of one epoch. `lost` gets each attempt that the database has and this node has not."""

    def __init__(
        self, settings: Settings, identity: Identity, epoch: int, slots: Slots, channel: Channel, lost: Lost
    ) -> None:
        self._settings, self._identity, self._epoch = settings, identity, epoch
        self._slots, self._channel, self._lost = slots, channel, lost
        self._sign = SignPost(settings.signs, "intake")
        self._renewed_at = boottime()

    def age(self) -> float:
        """Return for how many seconds the lease was not renewed."""
        return boottime() - self._renewed_at

    def run(self) -> None:
        """Renew each heartbeat; returns when the epoch is over, after telling keeper to kill everything.

        No error ends it: job processes end themselves if the lease is not renewed in time.
        """
        while True:
            self._sign.show()
            try:
                if not self.renew():
                    self._channel.send(self._identity.eviction(self._settings.node))
                    return
                time.sleep(self._settings.heartbeat)
            except AWAY as error:
                log.warning("database unavailable; lease not renewed", extra={"why": str(error)})
                time.sleep(RETRY_SECONDS)
            except Exception:
                log.exception("lease not renewed")
                time.sleep(RETRY_SECONDS)

    def renew(self) -> bool:
        """Renew once; False if the epoch is over. The deadline counts from before the renewal was sent."""
        sent = boottime()
        fault("intake.before-renew")
        with borrow():
            if not leases.renew(self._settings.node, self._epoch, self._settings.lease):
                return False
            self._renewed_at = sent
            fault("intake.after-renew")
            self._channel.send(Renew(sent + self._settings.fence))
            self._compare()
        return True

    def _compare(self) -> None:
        """Report attempts that are in the database alone as lost, and stop those that are here alone.

        A claim or an end may happen meanwhile: so an attempt is lost if it is not here after the query, and is
        stopped only if it was here before.
        """
        before = self._slots.held()
        there = {held.job: held for held in leases.held(self._settings.node, self._epoch)}
        after = self._slots.held()
        for job, held in there.items():
            if job not in after:
                self._lost(held)
        for job, attempt in before.items():
            if attempt and (job not in there or there[job].attempt != attempt):
                self._channel.send(Stop(job, attempt))
