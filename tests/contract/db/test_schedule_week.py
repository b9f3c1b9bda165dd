"""A simulated week of many schedules: aggregators come and go, the clock is theirs, and each tick makes one job."""

import random
from collections.abc import Iterator

import pytest

from avio.db import schedules
from avio.db.connection import transaction
from avio.db.models import Job
from avio.db.order_models import Schedule
from avio.db.sql import change, rows
from avio.rules import ticks
from avio.rules.cron import Cron
from tests.contract.db import given
from tests.contract.db.ticking import QUEUED_MAX, SETTINGS, at, schedule

DAY = 86400.0
DEATHS = [(False, False)] * 8 + [(True, False), (False, True)]
ZONES = ("Asia/Shanghai", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "UTC", "Australia/Lord_Howe")


class Aggregator:
    """One of several."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._read: list[Schedule] = []

    def look(self, now: float) -> None:
        """Read what is due."""
        self._read = schedules.due(now, 1000)

    def handle(self, now: float, *, dies: bool) -> None:
        """Handle what was read, in any order. It may die amid that; the next one begins anew."""
        self._chance.shuffle(self._read)
        for read in self._read[: len(self._read) // 2 if dies else None]:
            ticks._run(read, now, SETTINGS, QUEUED_MAX)


def simulate(days: float, number: int, seed: int, begin: float) -> None:
    """Let time pass for `days` with `number` schedules and two aggregators. Fail if a tick has no job, or two."""
    chance = random.Random(seed)
    with transaction():
        made = [schedule(begin, **_drawn(chance)) for _ in range(number)]
    aggregators = [Aggregator(chance) for _ in range(2)]
    now, end = begin, begin + days * DAY
    while now < end:
        # A restart takes less than the time in which a tick is not late.
        ((soonest,),) = rows("SELECT min(look_at) FROM schedules")
        now = min(end, max(now, soonest) + chance.uniform(0, ticks.LATE_SECONDS - 1))
        with transaction():
            is_race = chance.random() < 0.3  # both read before either acts
            for aggregator in aggregators if is_race else ():
                aggregator.look(now)
            for aggregator, dies in zip(aggregators, chance.choice(DEATHS), strict=True):
                if not is_race:
                    aggregator.look(now)
                aggregator.handle(now, dies=dies)
            _end_jobs()
    for _ in range(3):
        while ticks.run_due(end, SETTINGS, QUEUED_MAX, 1000):
            _end_jobs()
    keys = [key for (key,) in rows("SELECT idem_key FROM jobs")]
    assert sorted(keys) == sorted(key for one in made for key in _expected(one, begin, end))


def _drawn(chance: random.Random) -> dict[str, str]:
    minute, hour = chance.randrange(60), chance.randrange(24)
    weekly, daily = f"{minute} {hour} * * {chance.randrange(7)}", f"{minute} {hour} * * *"
    crons = [weekly] * 10 + [daily] * 8 + [f"{minute} {hour} * * 1-5", f"{minute} */6 * * *"]
    return {"cron": chance.choice(crons), "timezone": chance.choice(ZONES), "missed": chance.choice(["once", "skip"])}


def _expected(made: Schedule, begin: float, end: float) -> Iterator[str]:
    cron, tick = Cron(made.cron, made.timezone), begin
    while (tick := cron.next(tick) or end + 1) <= end:
        yield f"schedule:{made.id}:{tick:.0f}"


def _end_jobs() -> None:
    change("UPDATE jobs SET state = 'succeeded', finished_at = {now} WHERE state = 'queued'")


@pytest.fixture(autouse=True)
def _user(db: str) -> None:
    given.user()


def test_each_tick_of_a_day_makes_one_job() -> None:
    simulate(1, 30, 1, at("2026-03-08 00:00:00"))  # New York leaves an hour out


@pytest.mark.faults
def test_each_tick_of_a_week_of_a_thousand_schedules_makes_one_job() -> None:
    simulate(7, 1000, 3, at("2026-10-31 00:00:00"))  # New York has an hour twice
    assert Job.select().count() > 4000
