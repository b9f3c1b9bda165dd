"""Passes on to keeper what users wish of jobs that run here: to end, or to go on with other limits.

Runs in intake's database thread, at each poll.
"""

from avio.config import Settings
from avio.db import leases
from avio.db.connection import borrow
from avio.db.limits import MOVING, crowd
from avio.wire.limits import Limits
from supervisor.intake.channel import Channel
from supervisor.intake.shares import Shares
from supervisor.shared.messages import Adjust, Stop


class Wishes:
    """The wishes for the jobs of one epoch. Limits are told when they change: also as other jobs come and go."""

    def __init__(self, settings: Settings, epoch: int, channel: Channel) -> None:
        self._node, self._epoch = settings.node, epoch
        self._shares = Shares.of(settings)
        self._channel = channel
        self._told: dict[tuple[str, int], Limits] = {}

    def look(self) -> None:
        """Read the wishes, and tell keeper what is new. A wish to cancel is told until it is obeyed."""
        with borrow():
            held = leases.held(self._node, self._epoch)
            others = crowd() if self._shares and any(each.type in MOVING for each in held) else []
        limits: dict[tuple[str, int], Limits] = {}
        for each in held:
            attempt = (each.job, each.attempt)
            if each.cancelled:
                self._channel.send(Stop(*attempt))
            elif each.type in MOVING:
                limits[attempt] = now = self._shares.within(each.limits, each.path, others)
                if self._told.get(attempt) != now:
                    self._channel.send(Adjust(*attempt, now.bandwidth, now.concurrency))
        self._told = limits
