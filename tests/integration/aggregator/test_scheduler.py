"""Aggregators as real processes make the jobs of schedules and queue jobs after others, through their own deaths."""

import signal

import pytest

from avio.db import orders, schedules
from avio.db.models import Job
from avio.db.order_models import Schedule
from avio.db.sql import now
from avio.streams import Events
from avio.wire.after import After
from avio.wire.events import StateEvent
from tests.contract.db import given
from tests.contract.db.ticking import made_at, schedule
from tests.integration.aggregator.conftest import LIMIT, Aggregators
from tests.processes import wait_until


def due_now(number: int) -> tuple[list[Schedule], float]:
    """Make schedules with a tick that is due; return them and the tick."""
    tick = float(int(now()) - 1)
    made = [schedule(now()) for _ in range(number)]
    for one in made:
        schedules.set_columns(one.id, {"next_at": tick, "look_at": tick})
    return made, tick


@pytest.mark.faults
def test_a_tick_whose_aggregator_dies_before_the_commit_is_made_once_by_others(aggregator: Aggregators) -> None:
    made, tick = due_now(5)

    assert aggregator(AVIO_FAULT="aggregator.before-tick:kill:3").wait(LIMIT) == -signal.SIGKILL
    assert Job.select().count() == 2
    for _ in range(2):
        aggregator()

    wait_until(lambda: Job.select().count() == 5, LIMIT, "all ticks have their jobs")
    wait_until(lambda: not schedules.due(now(), 10), LIMIT, "all schedules have gone on")
    assert [made_at(one) for one in made] == [[tick]] * 5


def test_jobs_after_others_are_queued_or_cancelled_and_listeners_are_told(
    aggregator: Aggregators, stream: Events
) -> None:
    first = given.running()
    jobs = []
    for must_succeed in (False, True):
        after = (After(first, must_succeed),)
        jobs.append(orders.insert(orders.NewJob(1, "", 1, '{"alluxioUri": "/b"}', after=after))[0].id)
    aggregator()
    given.from_result(first, "failed")

    wait_until(lambda: given.row(jobs[0])["run_at"] <= now(), LIMIT, "one may begin")
    wait_until(lambda: given.state(jobs[1]) == "cancelled", LIMIT, "the other never may")
    told = StateEvent(jobs[1], 0, "cancelled")
    wait_until(lambda: told in [event for _, event in stream.tail("0-0", 10)[0]], LIMIT, "listeners are told")
