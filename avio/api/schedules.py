"""Schedules: make, list, show, change, delete, run now."""

import json
from datetime import timezone
from typing import Any

from flask import Response, jsonify
from pydantic import BaseModel

from avio.api.auth import caller
from avio.api.blueprints import blueprint, problems
from avio.api.orders import REPLIES, accepted
from avio.api.request_fields import Ulid
from avio.api.requests import ListsQuery, Nothing, OrderHeader
from avio.api.schedule_shapes import ScheduleBody, ScheduleChange, ScheduleDetail, ScheduleInfo, SchedulePage
from avio.api.services import services
from avio.clock import rfc3339
from avio.rules.order_checks import JobSpec
from avio.rules.schedules import ScheduleSpec, Shown
from avio.rules.types import Job
from avio.wire.checked_params import shown
from avio.wire.states import JobType

schedules = blueprint("schedules")


class SchedulePath(BaseModel):
    """Which schedule. The route's converter has checked the format."""

    id: Ulid


@schedules.post("/schedules", responses={201: ScheduleInfo, **problems(403, 404, 413, 415)})
def create(query: Nothing, body: ScheduleBody) -> Response:
    """Make a schedule: it submits a job of the caller at each of its ticks."""
    job = JobSpec(JobType(body.type), body.params.to_wire(), body.name or "")
    spec = ScheduleSpec(job, body.cron, body.timezone, body.missed, body.overlap)
    made = services().schedules.create(caller(), spec)
    response = jsonify(_info(made, services().zone))
    response.status_code = 201
    response.headers["Location"] = f"/schedules/{made.schedule.id}"
    return response


@schedules.get("/schedules", responses={200: SchedulePage})
def list_(query: ListsQuery) -> dict[str, Any]:
    """List schedules, newest first: the caller's own, or all for an admin."""
    page, after = services().schedules.list_schedules(caller(), query.page_size, query.page_token)
    return {"schedules": [_info(each, services().zone) for each in page], "nextPageToken": after}


@schedules.get("/schedules/<ulid:id>", responses={200: ScheduleDetail, **problems(404)})
def get(path: SchedulePath, query: Nothing) -> dict[str, Any]:
    """Return a schedule with its newest jobs."""
    return _detail(services().schedules.get(caller(), path.id), services().zone)


@schedules.patch("/schedules/<ulid:id>", responses={200: ScheduleDetail, **problems(404, 413, 415)})
def change(path: SchedulePath, query: Nothing, body: ScheduleChange) -> dict[str, Any]:
    """Change a schedule, pause it or resume it."""
    return _detail(services().schedules.change(caller(), path.id, body.given()), services().zone)


@schedules.delete("/schedules/<ulid:id>", responses={204: None, **problems(404)})
def delete(path: SchedulePath, query: Nothing) -> tuple[str, int]:
    """Delete a schedule. Its jobs stay."""
    services().schedules.delete(caller(), path.id)
    return "", 204


@schedules.post("/schedules/<ulid:id>/run", responses=REPLIES)
def run(path: SchedulePath, query: Nothing, header: OrderHeader) -> Response:
    """Submit a job of a schedule now. Its ticks stay as they are."""
    return accepted(*services().schedules.run(caller(), path.id, header.idempotency_key))


def _info(found: Shown, zone: timezone) -> dict[str, Any]:
    """Return a ScheduleInfo."""
    schedule = found.schedule
    is_paused = schedule.look_at is None
    return {
        "id": schedule.id,
        "name": schedule.name,
        "uid": schedule.uid,
        "type": schedule.type,
        "params": shown(json.loads(schedule.params)),
        "cron": schedule.cron,
        "timezone": schedule.timezone,
        "missed": schedule.missed,
        "overlap": schedule.overlap,
        "status": "paused" if is_paused else "active",
        "message": schedule.message,
        "summary": found.summary,
        "nextTime": None if is_paused else rfc3339(schedule.next_at, zone),
        "lastTime": rfc3339(schedule.handled_at, zone),
        "lastJob": _run_info(found.jobs[0], zone) if found.jobs else None,
        "createTime": rfc3339(schedule.created_at, zone),
        "updateTime": rfc3339(schedule.updated_at, zone),
    }


def _detail(found: Shown, zone: timezone) -> dict[str, Any]:
    """Return a ScheduleDetail."""
    return _info(found, zone) | {"jobs": [_run_info(job, zone) for job in found.jobs]}


def _run_info(job: Job, zone: timezone) -> dict[str, Any]:
    """Return a RunInfo."""
    return {
        "id": job.id,
        "status": job.state,
        "createTime": rfc3339(job.created_at, zone),
        "finishTime": rfc3339(job.finished_at, zone),
    }
