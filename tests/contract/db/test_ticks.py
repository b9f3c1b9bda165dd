"""Ticks: each makes one job whatever happens, missed ones by the schedule's own rule, and what pauses a schedule."""

import json

import pytest

from avio.db import schedules, users
from avio.db.models import Job, User
from avio.db.order_models import Schedule
from avio.db.sql import now
from avio.rules import ticks
from tests.contract.db import given
from tests.contract.db.concurrent import abreast
from tests.contract.db.ticking import NIGHTLY, PARAMS, again, at, jobs, made_at, run, schedule

DAY = 86400.0
FIRST = at("2026-05-02 02:00:00")
BEFORE = FIRST - 60


@pytest.fixture(autouse=True)
def _user_and_node(db: str) -> None:
    given.user()
    given.node()


def end(made: Schedule, state: str = "succeeded") -> None:
    """Let all jobs of a schedule end."""
    Job.update(state=state, finished_at=now()).where(Job.schedule_id == made.id, Job.finished_at.is_null()).execute()


def test_a_tick_makes_one_job_and_none_before() -> None:
    made = schedule(BEFORE)

    assert [run(BEFORE), run(FIRST + 1), run(FIRST + 2)] == [0, 1, 0]

    (job,) = jobs(made)
    assert (job.state, job.name, job.type, job.params, job.uid) == ("queued", "nightly", 1, PARAMS, 1)
    found = again(made)
    assert (found.handled_at, found.next_at, found.look_at) == (FIRST + 1, FIRST + DAY, FIRST + DAY)
    assert found.message == ""


def test_two_aggregators_at_once_make_one_job_of_a_tick() -> None:
    several = [schedule(BEFORE) for _ in range(6)]

    abreast(4, lambda _: run(FIRST))

    assert [made_at(made) for made in several] == [[FIRST]] * 6


def test_an_aggregator_that_read_a_schedule_before_others_went_on_changes_nothing() -> None:
    made = schedule(BEFORE)
    (read,) = schedules.due(FIRST, 10)
    for day in range(2):
        run(FIRST + day * DAY)
        end(made)
    before = again(made)

    ticks._run(read, FIRST, ticks.ScheduleSettings(), 1000)

    assert made_at(made) == [FIRST, FIRST + DAY]
    assert again(made).__data__ == before.__data__


def test_an_aggregator_that_read_a_schedule_before_its_user_paused_it_makes_no_job() -> None:
    made = schedule(BEFORE)
    (read,) = schedules.due(FIRST, 10)
    schedules.set_columns(made.id, {"look_at": None})

    ticks._run(read, FIRST, ticks.ScheduleSettings(), 1000)

    assert jobs(made) == []
    assert again(made).look_at is None


@pytest.mark.parametrize("late", [ticks.LATE_SECONDS + 1, 5 * 3600, 3 * DAY + 60], ids=["little", "hours", "days"])
def test_missed_ticks_make_one_job_or_none_by_the_rule_of_the_schedule(late: float) -> None:
    once, skip = schedule(BEFORE), schedule(BEFORE, missed="skip")

    run(FIRST + late)

    on_time = late % DAY <= ticks.LATE_SECONDS  # the newest tick is not missed
    assert made_at(once) == [FIRST]
    assert made_at(skip) == ([FIRST + late - 60] if on_time else [])
    following = FIRST + (late // DAY + 1) * DAY
    assert [again(made).next_at for made in (once, skip)] == [following] * 2
    assert again(skip).message == ("" if on_time else "missed its last ticks: their jobs could not be made in time")
    end(skip)
    run(following)
    assert made_at(skip)[-1] == following


def test_ticks_within_the_time_that_is_not_late_all_make_their_jobs() -> None:
    made = schedule(BEFORE, cron="*/2 * * * *", overlap="queue")
    first = again(made).next_at

    while run(first + 240):
        pass

    assert made_at(made) == [first, first + 120, first + 240]


def test_a_tick_beside_a_job_that_has_not_ended_is_skipped() -> None:
    made = schedule(BEFORE)
    run(FIRST)
    (job,) = jobs(made)

    run(FIRST + DAY)

    assert made_at(made) == [FIRST]
    assert again(made).message == f"skipped its last tick, since job {job.id} had not ended"
    end(made)
    run(FIRST + 2 * DAY)
    assert made_at(made) == [FIRST, FIRST + 2 * DAY]
    assert again(made).message == ""


def test_a_tick_beside_a_job_that_has_not_ended_waits_for_it_and_no_endless_row_does() -> None:
    made = schedule(BEFORE, overlap="queue")

    for day in range(ticks.MOST_UNFINISHED + 2):
        run(FIRST + day * DAY)

    found = jobs(made)
    assert len(found) == ticks.MOST_UNFINISHED
    assert [json.loads(job.after_jobs or "[]") for job in found] == [[], *([job.id] for job in found[:-1])]
    assert "since 10 of its jobs had not ended" in again(made).message


def test_a_full_queue_delays_a_tick_and_says_so() -> None:
    made = schedule(BEFORE)
    waiting = given.job()

    run(FIRST, queued_max=1)
    assert jobs(made) == []
    assert again(made).message.startswith("waits: its user has 1 queued jobs already")
    assert run(FIRST + 1, queued_max=1) == 0
    given.set_row(waiting, state="cancelled", finished_at=1.0)
    run(FIRST + ticks.RETRY_SECONDS, queued_max=1)

    assert (made_at(made), again(made).message) == ([FIRST], "")


def test_the_schedule_of_a_disabled_user_is_paused_and_stays_so() -> None:
    made = schedule(BEFORE)
    users.disable("ada")
    run(FIRST)
    users.enable("ada")

    assert run(FIRST + DAY) == 0
    assert (jobs(made), again(made).look_at) == ([], None)
    assert again(made).message == "its user is disabled"


def test_a_schedule_whose_jobs_fail_in_a_row_is_paused_with_the_reason() -> None:
    made = schedule(BEFORE)
    for day, state in enumerate(["failed", "failed", "succeeded", "failed", "cancelled", "failed", "failed"]):
        run(FIRST + day * DAY)
        end(made, state)
    assert len(jobs(made)) == 7

    run(FIRST + 7 * DAY)

    assert len(jobs(made)) == 7
    assert again(made).look_at is None
    assert again(made).message == f"its last 3 jobs failed; avio schedule show {made.id} names them"


def test_failures_of_before_a_resume_do_not_count() -> None:
    made = schedule(BEFORE)
    for day in range(3):
        run(FIRST + day * DAY)
        end(made, "failed")
    schedules.set_columns(made.id, {"counted_from": now() + 1})

    run(FIRST + 3 * DAY)

    assert len(jobs(made)) == 4


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"params": '{"colour": "red"}'}, "it has a param that this version of avio does not know: colour"),
        ({"timezone": "Mars/Base"}, "its cron or its time zone is not a time zone of the IANA list"),
        ({"cron": "0 0 * * 8"}, "its cron or its time zone has an invalid day of week"),
        ({"type": 4}, "the job request is invalid"),
    ],
)
def test_a_schedule_that_can_make_no_job_is_paused(columns: dict[str, object], why: str) -> None:
    made = schedule(BEFORE)
    schedules.set_columns(made.id, columns)

    run(FIRST)

    assert jobs(made) == []
    assert again(made).look_at is None
    assert again(made).message.startswith(why)


def test_an_error_of_one_schedule_keeps_no_other_and_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    broken, made = schedule(BEFORE), schedule(BEFORE)
    schedules.set_columns(broken.id, {"params": "no JSON"})

    run(FIRST)

    assert made_at(made) == [FIRST]
    assert (again(broken).next_at, again(broken).look_at) == (FIRST, FIRST + ticks.RETRY_SECONDS)
    assert again(broken).message.startswith("waits: an error of avio")
    assert "the tick of a schedule failed" in caplog.text


def test_a_clock_that_was_ahead_costs_no_tick_and_doubles_none() -> None:
    made = schedule(BEFORE)
    run(FIRST + 400 * DAY)  # a year too far
    end(made)
    assert again(made).next_at > FIRST + 400 * DAY

    assert ticks.mend(BEFORE, 10) == 1
    for day in range(3):
        run(FIRST + day * DAY)
        end(made)

    assert made_at(made) == [FIRST, FIRST + DAY, FIRST + 2 * DAY]
    assert ticks.mend(FIRST + 2 * DAY, 10) == 0


def test_a_schedule_whose_zone_is_unknown_keeps_no_other_from_its_place() -> None:
    broken, made = schedule(BEFORE), schedule(BEFORE)
    run(FIRST + 400 * DAY)
    schedules.set_columns(broken.id, {"timezone": "Mars/Base"})

    ticks.mend(BEFORE, 10)

    assert again(made).next_at == FIRST
    assert again(broken).next_at > FIRST


def test_a_clock_that_is_set_back_repeats_no_tick() -> None:
    made = schedule(BEFORE)
    run(FIRST + 30)
    end(made)

    assert [run(FIRST - 3600), run(FIRST)] == [0, 0]
    ticks.mend(FIRST - 3600, 10)
    run(FIRST + 1)

    assert made_at(made) == [FIRST]


def test_schedules_that_are_due_come_some_at_a_time() -> None:
    several = [schedule(BEFORE) for _ in range(5)]

    assert [run(FIRST, most=2) for _ in range(4)] == [2, 2, 1, 0]

    assert [len(jobs(made)) for made in several] == [1] * 5


def test_a_user_has_no_more_schedules_than_allowed() -> None:
    def make(_: int) -> bool:
        try:
            schedules.insert(
                3,
                uid=1,
                name="",
                type=1,
                params=PARAMS,
                cron=NIGHTLY,
                timezone="UTC",
                missed="once",
                overlap="skip",
                next_at=FIRST,
            )
        except schedules.TooManySchedules:
            return False
        return True

    assert abreast(6, make).count(True) == 3


def test_a_schedule_keeps_the_priority_that_its_user_may_give() -> None:
    params = '{"alluxioUri": "/data", "fromFileList": false, "priority": 5}'
    made = schedule(BEFORE, params=params)
    User.update(may_overtake=True).execute()

    run(FIRST + 1)
    end(made)
    User.update(may_overtake=False).execute()
    run(FIRST + DAY)

    assert [job.priority for job in jobs(made)] == [5]
    assert again(made).look_at is None
    assert "may not give a job a priority above 0" in again(made).message
