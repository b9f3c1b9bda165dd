"""Queries on schedules. Users change them by way of web, the aggregator goes from tick to tick.

Times are in epoch seconds. What the aggregator writes names the tick that it read: it changes nothing if a user or
another aggregator was first.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ulid import ULID

from avio.db.connection import transaction
from avio.db.models import Job
from avio.db.order_models import Schedule
from avio.db.sql import change, now, row, rows


class TooManySchedules(Exception):
    """The user has as many schedules as allowed."""


def insert(most: int, **columns: Any) -> Schedule:
    """Add a schedule of the user `uid`, whose `next_at` is known. Raise TooManySchedules if there are `most`."""
    made = now()
    with transaction():
        row("SELECT 1 FROM users WHERE uid = ? {alone}", columns["uid"])  # requests of one user come one by one
        count = row("SELECT count(*) FROM schedules WHERE uid = ?", columns["uid"])
        if count is None or count[0] >= most:
            raise TooManySchedules
        schedule: Schedule = Schedule.create(
            id=str(ULID()),
            look_at=columns["next_at"],
            counted_from=made,
            created_at=made,
            updated_at=made,
            **columns,
        )
    return schedule


def find(schedule: str, uid: int | None = None) -> Schedule | None:
    """Return a schedule by id, or None; with `uid`, only one of that user."""
    wanted = Schedule.id == schedule
    if uid is not None:
        wanted &= Schedule.uid == uid
    found: Schedule | None = Schedule.get_or_none(wanted)
    return found


def page(uid: int | None, size: int, after: str | None = None) -> list[Schedule]:
    """Return up to `size` schedules of a user, or of all, newest first, older than the schedule `after`."""
    query = Schedule.select().order_by(Schedule.id.desc()).limit(size)
    if uid is not None:
        query = query.where(Schedule.uid == uid)
    if after is not None:
        query = query.where(Schedule.id < after)
    return list(query)


def set_columns(schedule: str, columns: Mapping[str, Any]) -> None:
    """Change a schedule as its user asks."""
    Schedule.update(**columns, updated_at=now()).where(Schedule.id == schedule).execute()


def delete(schedule: str) -> None:
    """Delete a schedule. Its jobs stay."""
    change("DELETE FROM schedules WHERE id = ?", schedule)


def due(at: float, limit: int) -> list[Schedule]:
    """Return up to `limit` schedules that an aggregator should look at, those that waited longest first."""
    return list(Schedule.select().where(Schedule.look_at <= at).order_by(Schedule.look_at, Schedule.id).limit(limit))


def ahead(at: float, limit: int) -> list[Schedule]:
    """Return up to `limit` schedules of which a tick was handled later than `at`: the clock was set back."""
    query = Schedule.select().where(Schedule.look_at.is_null(False), Schedule.handled_at > at)
    return list(query.order_by(Schedule.id).limit(limit))


def advance(schedule: Schedule, following: float, at: float, message: str) -> bool:
    """Go on, at a time, from the tick `next_at` of a schedule, as it was read. Return False if it changed since.

    Of several aggregators one gets True; the others wait for the end of its transaction.
    """
    changed = change(
        "UPDATE schedules SET next_at = ?, look_at = ?, handled_at = ?, message = ?, updated_at = {now}"
        " WHERE id = ? AND next_at = ? AND look_at IS NOT NULL AND cron = ? AND timezone = ?",
        following,
        following,
        at,
        message,
        schedule.id,
        schedule.next_at,
        schedule.cron,
        schedule.timezone,
    )
    return changed > 0


def look_again(schedule: Schedule, at: float, message: str) -> None:
    """Look at the same tick again at a later time, and say why."""
    change(
        "UPDATE schedules SET look_at = ?, message = ?, updated_at = {now}"
        " WHERE id = ? AND next_at = ? AND look_at IS NOT NULL",
        at,
        message,
        schedule.id,
        schedule.next_at,
    )


def pause(schedule: Schedule, message: str) -> None:
    """Let a schedule make no jobs until its user resumes it."""
    change(
        "UPDATE schedules SET look_at = NULL, message = ?, updated_at = {now} WHERE id = ? AND next_at = ?",
        message,
        schedule.id,
        schedule.next_at,
    )


def jobs_of(schedule: str, limit: int) -> list[Job]:
    """Return up to `limit` jobs of a schedule, newest first."""
    return list(Job.select().where(Job.schedule_id == schedule).order_by(Job.id.desc()).limit(limit))


def newest_jobs(schedules: Sequence[str]) -> dict[str, Job]:
    """Return the newest job of each of some schedules."""
    if not schedules:
        return {}
    marks = ", ".join("?" * len(schedules))
    found = rows(
        f"SELECT max(id) FROM jobs WHERE schedule_id IN ({marks}) GROUP BY schedule_id",  # noqa: S608 - made of constants
        *schedules,
    )
    jobs = Job.select().where(Job.id.in_([job for (job,) in found])) if found else []
    return {job.schedule_id: job for job in jobs}


def recent(schedule: str, limit: int) -> list[tuple[str, str, float]]:
    """Return id, state and time of creation of up to `limit` jobs of a schedule, newest first."""
    found = rows(
        "SELECT id, state, created_at FROM jobs WHERE schedule_id = ? ORDER BY id DESC LIMIT ?", schedule, limit
    )
    return [(job, state, made) for job, state, made in found]
