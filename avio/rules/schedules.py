"""The rules of schedules: making, reading, changing, deleting them, and running one now. Used by web.

`avio.rules.ticks` makes their jobs. No Flask, no click.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from avio.config.schedules import ScheduleSettings
from avio.db import schedules
from avio.db.connection import borrow
from avio.db.models import Job
from avio.db.order_models import Schedule
from avio.db.sql import now
from avio.errors import BadRequest, Conflict, FieldError, NotFound, TooMany
from avio.rules.callers import Caller, Right
from avio.rules.cron import Cron
from avio.rules.jobs import Service
from avio.rules.order_checks import JobSpec, checked, require_rights
from avio.wire.params import Params
from avio.wire.schedules import Missed, Overlap
from avio.wire.states import JobType

DETAIL_JOBS = 10  # of a schedule that are shown

# Members of a change that a schedule has as columns.
COLUMNS = ("name", "cron", "timezone", "missed", "overlap")


@dataclass(frozen=True, slots=True)
class ScheduleSpec:
    """A new schedule: what its jobs do, and when."""

    job: JobSpec
    cron: str
    timezone: str
    missed: Missed
    overlap: Overlap


@dataclass(frozen=True, slots=True)
class Shown:
    """A schedule with the jobs of it that a reply names: the newest, or some of them, newest first."""

    schedule: Schedule
    jobs: list[Job] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """The ticks in words, and the next one by the clock of the schedule's zone."""
        try:
            cron = Cron(self.schedule.cron, self.schedule.timezone)
        except ValueError:  # the zone has left the IANA list
            return f"{self.schedule.cron} {self.schedule.timezone}"
        rest = "paused" if self.schedule.look_at is None else f"next {cron.shown(self.schedule.next_at)}"
        return f"{cron.words()}; {rest}"


@dataclass(frozen=True, slots=True)
class Schedules:
    """The rules, with the service that checks and submits jobs. One for each process."""

    jobs: Service
    settings: ScheduleSettings

    def create(self, caller: Caller, spec: ScheduleSpec) -> Shown:
        """Make a schedule of the caller. Its job must be possible now.

        Raises as `Service.submit`, and TooMany.
        """
        following, problems = self._next_tick(spec.cron, spec.timezone)
        job = _checked_job(spec.job, problems)
        require_rights(caller, job)
        self.jobs.require_possible(caller, job)
        try:
            with borrow():
                self.jobs.require_signed(caller.uid, job.params)
                made = schedules.insert(
                    self.settings.schedules_max,
                    uid=caller.uid,
                    name=job.name,
                    type=int(job.type),
                    params=json.dumps(job.params.to_json()),
                    cron=spec.cron,
                    timezone=spec.timezone,
                    missed=spec.missed,
                    overlap=spec.overlap,
                    next_at=following,
                )
        except schedules.TooManySchedules:
            message = f"you have {self.settings.schedules_max} schedules already"
            raise TooMany(message, cure="delete one that you no longer need") from None
        return Shown(made)

    def list_schedules(self, caller: Caller, size: int, after: str | None = None) -> tuple[list[Shown], str | None]:
        """Return a page of schedules, newest first, and the id after which the next one begins. Admins see all."""
        with borrow():
            page = schedules.page(None if caller.may(Right.OTHERS_JOBS) else caller.uid, size + 1, after)
            newest = schedules.newest_jobs([found.id for found in page[:size]])
        shown = [Shown(found, [newest[found.id]] if found.id in newest else []) for found in page[:size]]
        return shown, page[size - 1].id if len(page) > size else None

    def get(self, caller: Caller, schedule: str) -> Shown:
        """Return a schedule with its newest jobs. Raise NotFound also for another user's."""
        with borrow():
            return Shown(_find(caller, schedule), schedules.jobs_of(schedule, DETAIL_JOBS))

    def change(self, caller: Caller, schedule: str, given: Mapping[str, Any]) -> Shown:
        """Set the `given` of name, cron, timezone, missed, overlap and paused. Raise BadRequest for none of them.

        Resumed, or with other ticks, it goes on with the first tick from now. What it missed while it was paused stays
        missed.
        """
        if not given:
            raise BadRequest(f"nothing to change; give one or more of {', '.join((*COLUMNS, 'paused'))}")
        with borrow():
            found = _find(caller, schedule)
            columns = {name: given[name] or "" for name in COLUMNS if name in given}
            pauses = given.get("paused")
            if columns.keys() & {"cron", "timezone"} or pauses is False:
                columns |= self._new_ticks({**found.__data__, **columns}, is_paused=found.look_at is None)
            if pauses:
                columns |= {"look_at": None, "message": f"{caller.name} paused it"}
            elif pauses is False and found.look_at is None:
                columns |= {"look_at": columns["next_at"], "message": "", "counted_from": now()}
            schedules.set_columns(found.id, columns)
        return self.get(caller, schedule)

    def delete(self, caller: Caller, schedule: str) -> None:
        """Delete a schedule; its jobs stay, those that have not ended too. Raise NotFound as `get`."""
        with borrow():
            schedules.delete(_find(caller, schedule).id)

    def run(self, caller: Caller, schedule: str, key: str | None = None) -> tuple[Job, bool]:
        """Submit a job of a schedule now, whether it is paused or not. Raises as `Service.submit`."""
        with borrow():
            found = _find(caller, schedule)
        try:
            params = Params.from_json(json.loads(found.params))
        except KeyError as error:
            message = f"schedule {schedule} has a param that this version of avio does not know: {error.args[0]}"
            raise Conflict(message, cure="make a new schedule without it") from None
        spec = JobSpec(JobType(found.type), params, found.name, found.uid)
        return self.jobs.submit(caller, spec, key, schedule=found.id)

    def _new_ticks(self, columns: Mapping[str, Any], *, is_paused: bool) -> dict[str, Any]:
        following, problems = self._next_tick(columns["cron"], columns["timezone"])
        if problems:
            raise BadRequest("the change is invalid", problems)
        return {"next_at": following, "look_at": None if is_paused else following}

    def _next_tick(self, cron: str, timezone: str) -> tuple[float, list[FieldError]]:
        """Return the first tick from now, or what is wrong with a cron expression and its zone."""
        problems = []
        following = None
        for name, values in (("timezone", ("0 0 * * *", timezone)), ("cron", (cron, "UTC"))):
            try:
                Cron(*values)
            except ValueError as error:
                problems.append(FieldError(name, str(error)))
        if not problems:
            parsed = Cron(cron, timezone)
            with borrow():
                at = now()
            following = parsed.next(at)
            if following is None:
                problems.append(
                    FieldError("cron", "has no tick in the next 50 years; correct day, month or day of week")
                )
            elif parsed.gap() < (least := self.settings.schedule_gap):
                message = f"has ticks that are {parsed.gap()} min apart; this server allows {least} min and more"
                problems.append(FieldError("cron", message))
        return following or 0.0, problems


def _checked_job(spec: JobSpec, problems: list[FieldError]) -> JobSpec:
    """Return the order with canonical paths. Raise BadRequest with every invalid field, `problems` among them."""
    try:
        spec = replace(spec, params=checked(spec))
    except BadRequest as error:
        problems = [*problems, *error.fields]
    if spec.params.file_list_id is not None:
        message = "is kept for days only; use fileListPath, a list that is an object of the bucket"
        problems = [*problems, FieldError("params.fileListId", message)]
    if problems:
        raise BadRequest("the schedule is invalid", problems)
    return spec


def _find(caller: Caller, schedule: str) -> Schedule:
    found = schedules.find(schedule, None if caller.may(Right.OTHERS_JOBS) else caller.uid)
    if found is None:
        raise NotFound(f"no such schedule: {schedule}", cure="avio schedule list has your schedules")
    return found
