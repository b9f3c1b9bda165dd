"""Schedules for tests, and the clock that goes from tick to tick: the time is what a test says."""

from datetime import datetime
from typing import Any

from avio.config.schedules import ScheduleSettings
from avio.db import schedules
from avio.db.models import Job
from avio.db.order_models import Schedule
from avio.rules import ticks
from avio.rules.cron import Cron

SETTINGS = ScheduleSettings(schedule_failures=3)
QUEUED_MAX = 1000
PARAMS = '{"alluxioUri": "/data", "fromFileList": false}'
NIGHTLY = "0 2 * * *"
ZONE = "Asia/Shanghai"


def at(text: str, zone: str = "+08:00") -> float:
    """Return the epoch seconds of a time."""
    return datetime.fromisoformat(f"{text}{zone}").timestamp()


def schedule(begin: float, uid: int = 1, **columns: Any) -> Schedule:
    """Make a schedule, by default nightly, whose next tick is the first after `begin`."""
    given = {"cron": NIGHTLY, "timezone": ZONE, "missed": "once", "overlap": "skip"} | columns
    following = Cron(given["cron"], given["timezone"]).next(begin)
    return schedules.insert(
        QUEUED_MAX, **{"uid": uid, "name": "nightly", "type": 1, "params": PARAMS, "next_at": following, **given}
    )


def run(now: float, *, most: int = 100, queued_max: int = QUEUED_MAX) -> int:
    """Let an aggregator handle what is due at `now`."""
    return ticks.run_due(now, SETTINGS, queued_max, most)


def jobs(made: Schedule) -> list[Job]:
    """Return the jobs of a schedule, oldest first."""
    return list(Job.select().where(Job.schedule_id == made.id).order_by(Job.id))


def made_at(made: Schedule) -> list[float]:
    """Return the ticks of a schedule that made a job, in order, as the keys of the jobs name them."""
    return sorted(float(job.idem_key.rpartition(":")[2]) for job in jobs(made))


def again(made: Schedule) -> Schedule:
    """Return a schedule as it is now."""
    found = schedules.find(made.id)
    assert found is not None
    return found
