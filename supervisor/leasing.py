"""Holding the node's lease: renew, tell keeper the new deadline, compare what the database says with what runs.

Runs in intake, in a thread of its own: neither RQ's sleeps nor a slow write may delay it.
"""

import logging
import time
from collections.abc import Callable

from avio.clock import boottime
from avio.config import Settings
from avio.db import leases
from avio.db.connecting import AWAY, borrow
from avio.faults import fault
from supervisor.desk import Desk
from supervisor.messages import Evict, Renew, Stop
from supervisor.voice import Voice

RETRY_SECONDS = 0.5

log = logging.getLogger(__name__)


class Leasing:
    """Renews the lease of one epoch; `lost` is told of attempts that the database has and this node has not."""

    def __init__(
        self, settings: Settings, epoch: int, desk: Desk, voice: Voice, lost: Callable[[leases.Held], None]
    ) -> None:
        self._settings, self._epoch = settings, epoch
        self._desk, self._voice, self._lost = desk, voice, lost

    def run(self) -> None:
        """Renew each heartbeat; returns when the epoch is over and everything must go."""
        while True:
            try:
                if not self.renew():
                    log.error("the node was given up or began another epoch")
                    self._voice.say(Evict())
                    return
                time.sleep(self._settings.heartbeat)
            except AWAY as error:
                log.warning("lease not renewed", extra={"why": str(error)})
                time.sleep(RETRY_SECONDS)

    def renew(self) -> bool:
        """Renew once. The deadline counts from before the renewal was sent: the fence must come first."""
        sent = boottime()
        fault("intake.before-renew")
        with borrow():
            if not leases.renew(self._settings.node, self._epoch, self._settings.lease):
                return False
            fault("intake.after-renew")
            self._voice.say(Renew(sent + self._settings.fence))
            self._compare()
        return True

    def obey_wishes(self) -> None:
        """Have the attempts stopped whose end was wished."""
        with borrow():
            for held in leases.held(self._settings.node, self._epoch):
                if held.cancelled:
                    self._voice.say(Stop(held.job, held.attempt))

    def _compare(self) -> None:
        """A claim or an end may fall between: lost is what is not here afterwards, foreign what was here before."""
        before = self._desk.held()
        there = {held.job: held for held in leases.held(self._settings.node, self._epoch)}
        after = self._desk.held()
        for job, held in there.items():
            if job not in after:
                self._lost(held)
        for job, attempt in before.items():
            if attempt and (job not in there or there[job].attempt != attempt):
                self._voice.say(Stop(job, attempt))
