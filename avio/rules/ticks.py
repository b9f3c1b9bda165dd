"""The jobs that schedules make, each tick once. Run by the aggregator; any number may run.

A tick is handled in one transaction: the schedule goes on to its next tick, and the job is inserted with an
Idempotency-Key of schedule and tick. So a tick that was handled makes no second job, even if the clock is set back.
The order's path is not looked at, since the aggregator has no engine: a job reports by itself what is missing.
"""

import json
import logging
from dataclasses import dataclass

from peewee import DatabaseError

from avio.config.schedules import ScheduleSettings
from avio.db import orders, schedules, users
from avio.db.away import is_away
from avio.db.connection import borrow, transaction
from avio.db.order_models import Schedule
from avio.errors import AvioError
from avio.faults import fault
from avio.rules.callers import Caller
from avio.rules.cron import Cron
from avio.rules.order_checks import JobSpec, require_rights
from avio.wire.after import After
from avio.wire.params import Params
from avio.wire.schedules import Missed, Overlap
from avio.wire.states import UNFINISHED, JobType, State

LATE_SECONDS = 300  # a tick that no aggregator handled for so long was missed
RETRY_SECONDS = 30  # after a full queue, or an error
SLACK_SECONDS = 60  # by so much the clock may be corrected at any time

RECENT_JOBS = 100  # of a schedule that are looked at
MOST_UNFINISHED = 10  # jobs of a schedule that may wait for each other

log = logging.getLogger(__name__)


class _Pause(Exception):
    """The schedule can make no job until its user does something. The text says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """From a tick to the next one: `tick` is the one that makes a job, None if all that passed were missed."""

    tick: float | None
    following: float


def run_due(now: float, settings: ScheduleSettings, queued_max: int, most: int) -> int:
    """Handle the ticks of up to `most` schedules that are due at `now`, by the database's clock. Return how many."""
    with borrow():
        found = schedules.due(now, most)
        for schedule in found:
            _run(schedule, now, settings, queued_max)
    return len(found)


def mend(now: float, most: int) -> int:
    """Let schedules go on from `now` that handled a tick later than that: the clock was ahead. Return how many."""
    with borrow():
        found = schedules.ahead(now + SLACK_SECONDS, most)
        for schedule in found:
            try:
                following = _next(Cron(schedule.cron, schedule.timezone), now)
            except ValueError:
                continue  # its next tick pauses it
            schedules.advance(schedule, following, now, "")
            log.warning("the clock was ahead: schedule set back", extra={"schedule": schedule.id})
    return len(found)


def _run(schedule: Schedule, now: float, settings: ScheduleSettings, queued_max: int) -> None:
    try:
        with transaction():
            _handle(schedule, now, settings, queued_max)
    except _Pause as why:
        schedules.pause(schedule, str(why))
        log.warning("schedule paused", extra={"schedule": schedule.id, "why": str(why)})
    except orders.QueueFull:
        message = f"waits: its user has {queued_max} queued jobs already; tries again each {RETRY_SECONDS} s"
        schedules.look_again(schedule, now + RETRY_SECONDS, message)
    except Exception as error:
        if isinstance(error, DatabaseError) and is_away(error):
            raise
        log.exception("the tick of a schedule failed", extra={"schedule": schedule.id})
        schedules.look_again(schedule, now + RETRY_SECONDS, "waits: an error of avio; the aggregator's log has it")


def _handle(schedule: Schedule, now: float, settings: ScheduleSettings, queued_max: int) -> None:
    try:
        step = step_of(Cron(schedule.cron, schedule.timezone), schedule.next_at, now, Missed(schedule.missed))
    except ValueError as error:
        raise _Pause(f"its cron or its time zone {error}") from None
    recent = schedules.recent(schedule.id, RECENT_JOBS)
    caller = _require_working(schedule, recent, settings.schedule_failures)
    params = _allowed_params(schedule, caller)
    running = [job for job, state, _ in recent if state in UNFINISHED]
    makes, message = _decision(schedule, step, running)
    if not schedules.advance(schedule, step.following, now, message):
        return  # another aggregator was first, or the user changed the schedule
    if makes:
        new = orders.NewJob(
            schedule.uid,
            schedule.name,
            schedule.type,
            params,
            f"schedule:{schedule.id}:{step.tick:.0f}",
            "schedule",
            after=(After(running[0], must_succeed=False),) if running else (),
            schedule_id=schedule.id,
        )
        orders.insert(new, queued_max)
        fault("aggregator.before-tick")


def step_of(cron: Cron, due: float, now: float, missed: Missed) -> Step:
    """Return what to do at `now` about the tick `due`. Raise ValueError if no further tick comes."""
    following = _next(cron, due)
    if now - due <= LATE_SECONDS:
        return Step(due, following)
    if missed is Missed.ONCE:
        return Step(due, _next(cron, now))
    latest = _next(cron, now - LATE_SECONDS)  # one that is not late yet
    return Step(None, latest) if latest > now else Step(latest, _next(cron, latest))


def _next(cron: Cron, after: float) -> float:
    found = cron.next(after)
    if found is None:
        raise ValueError("has no further tick")
    return found


def _require_working(schedule: Schedule, recent: list[tuple[str, str, float]], most: int) -> Caller:
    """Return the user. Pause the schedule if the user is disabled, or if its newest jobs have all failed."""
    user = users.get(schedule.uid)
    if user is None or user.disabled_at is not None:
        raise _Pause("its user is disabled")
    if most and failures_in_row(recent, schedule.counted_from) >= most:
        raise _Pause(f"its last {most} jobs failed; avio schedule show {schedule.id} names them")
    return Caller(user.uid, user.name, bool(user.admin), bool(user.may_overtake))


def failures_in_row(recent: list[tuple[str, str, float]], since: float) -> int:
    """Return how many of the newest jobs failed one after the other. Cancelled ones and those of before don't count."""
    count = 0
    for _, state, made in recent:
        if made < since or state not in (*UNFINISHED, State.CANCELLED, State.FAILED):
            break
        count += state == State.FAILED
    return count


def _allowed_params(schedule: Schedule, caller: Caller) -> str:
    """Return the params as JSON if the user may still order them."""
    try:
        params = Params.from_json(json.loads(schedule.params))
    except KeyError as error:
        raise _Pause(f"it has a param that this version of avio does not know: {error.args[0]}") from None
    try:
        require_rights(caller, JobSpec(JobType(schedule.type), params))
    except AvioError as error:
        raise _Pause(error.message) from None
    return json.dumps(params.to_json())


def _decision(schedule: Schedule, step: Step, running: list[str]) -> tuple[bool, str]:
    """Return whether the tick makes a job, and why not."""
    if step.tick is None:
        return False, "missed its last ticks: their jobs could not be made in time"
    if running and schedule.overlap == Overlap.SKIP:
        return False, f"skipped its last tick, since job {running[0]} had not ended"
    if len(running) >= MOST_UNFINISHED:
        return False, f"skipped its last tick, since {len(running)} of its jobs had not ended"
    return True, ""
