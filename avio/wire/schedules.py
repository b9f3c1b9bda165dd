"""The words of schedules: what happens to missed ticks, and to ticks while a job of before has not ended.

Runs in web, aggregator and the CLI. Standard library only.
"""

from enum import StrEnum

from avio.wire.states import JobType

# What a schedule may order.
TYPES = (JobType.PRELOAD, JobType.SAVE, JobType.CHECK)

MAX_CRON = 200  # characters
MAX_TIMEZONE = 64  # characters


class Missed(StrEnum):
    """What ticks are good for that no aggregator handled in time."""

    ONCE = "once"  # one job for all of them
    SKIP = "skip"  # none


class Overlap(StrEnum):
    """What a tick does while a job of the schedule has not ended."""

    SKIP = "skip"  # it makes no job
    QUEUE = "queue"  # its job begins when that one has ended
