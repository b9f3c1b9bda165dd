"""Passes on to keeper what is new about jobs that run here: users wish their end or other limits; earlier jobs end.

Runs in intake's database thread, at each poll.
"""

from collections.abc import Mapping, Sequence

from avio.config import Settings
from avio.db import earlier, leases
from avio.db.connection import borrow
from avio.db.limits import MOVING, crowd
from avio.wire.limits import Limits
from avio.wire.states import JobType
from supervisor.intake.channel import Channel
from supervisor.intake.shares import Shares
from supervisor.shared.messages import Adjust, StillBefore, Stop

# Those that move the files of a job as a whole: the local engine claims each file by itself.
WAITING_ENGINES = ("alluxio",)


class Wishes:
    """The wishes for the jobs of one epoch. Limits are told when they change: also as other jobs come and go."""

    def __init__(self, settings: Settings, epoch: int, channel: Channel) -> None:
        self._node, self._epoch = settings.node, epoch
        self._shares = Shares.of(settings)
        self._channel = channel
        self._told: dict[tuple[str, int], Limits] = {}
        self._waits_for_others = settings.engine in WAITING_ENGINES
        self._told_before: dict[tuple[str, int], list[str]] = {}

    def look(self) -> None:
        """Read the wishes, and tell keeper what is new. A wish to cancel is told until it is obeyed."""
        with borrow():
            held = leases.held(self._node, self._epoch)
            others = crowd() if self._shares and any(each.type in MOVING for each in held) else []
            preloads = [each.job for each in held if each.type == JobType.PRELOAD] if self._waits_for_others else []
            before = earlier.of(preloads) if preloads else {}
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
        self._tell_of_earlier({(each.job, each.attempt): before[each.job] for each in held if each.job in before})

    def _tell_of_earlier(self, found: Mapping[tuple[str, int], Sequence[earlier.Earlier]]) -> None:
        """Tell each preload which earlier ones still run, when that changes. A new intake tells it anew."""
        now = {attempt: [each.job for each in jobs] for attempt, jobs in found.items()}
        for attempt, jobs in now.items():
            if self._told_before.get(attempt) != jobs:
                self._channel.send(StillBefore(*attempt, jobs))
        self._told_before = now
