"""Jobs: order by JobSpec, list, look, wait, cancel, retry."""

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify, request
from pydantic import BaseModel

from avio.api import showing
from avio.api.asked import CancelBody, JobBody, JobQuery, JobsQuery, Nothing, OrderHeader
from avio.api.auth import caller
from avio.api.following import wait_for_version
from avio.api.orders import REPLIES, accepted, place
from avio.api.parts import parts
from avio.api.replies import JobInfo, JobPage
from avio.api.rooms import problems, room
from avio.db.connecting import borrow
from avio.db.history import Filter
from avio.db.models import Job
from avio.jobs import JobSpec
from avio.streams import AWAY
from avio.wire.events import StateEvent
from avio.wire.states import JobType

jobs = room("jobs")


class JobPath(BaseModel):
    """Which job; the route's converter has seen to it that it may be one."""

    id: str


@jobs.post("/jobs", responses=REPLIES)
def order(query: Nothing, body: JobBody, header: OrderHeader) -> Response:
    """Order a job of any type."""
    return place(JobSpec(JobType(body.type), body.params.to_wire(), body.name or "", body.uid), header)


def find(job_id: str) -> Job:
    """Return a job of the caller's, holding a connection for no longer than that takes."""
    with borrow():
        return parts().jobs.get(caller(), job_id)


@jobs.get("/jobs", responses={200: JobPage})
def list_(query: JobsQuery) -> Any:
    """List jobs, newest first: one's own, for an admin everybody's."""
    wanted = Filter(uid=query.uid, states=query.status, types=query.type, name=query.name)
    with borrow():
        page, token = parts().jobs.list_jobs(caller(), wanted, query.page_size, query.page_token)
    reply = {"jobs": [showing.job_info(job, parts().zone) for job in page], "nextPageToken": token}
    return reply, 200, _next_link(token)


@jobs.get("/jobs/<ulid:id>", responses={200: JobInfo, 304: None, **problems(404)})
def get(path: JobPath, query: JobQuery) -> Response:
    """Tell how a job stands; with `wait`, once that has changed."""
    job = _wait(path.id, query) if query.wait else find(path.id)
    response = jsonify(showing.job_info(job, parts().zone))
    response.set_etag(str(job.version))
    response.make_conditional(request)
    return response


@jobs.post("/jobs/<ulid:id>/cancel", responses={202: JobInfo, **problems(404, 409, 413, 415)})
def cancel(path: JobPath, query: Nothing, body: CancelBody) -> Response:
    """Ask for the end of a job; a second time does no harm."""
    with borrow():
        job = parts().jobs.cancel(caller(), path.id, body.reason or "")
    _tell(job)
    return accepted(job, made=True)


@jobs.post("/jobs/<ulid:id>/retry", responses=REPLIES | problems(409))
def retry(path: JobPath, query: Nothing, header: OrderHeader) -> Response:
    """Order again what a job that has ended was asked to do."""
    with borrow():
        return accepted(*parts().jobs.retry(caller(), path.id, header.idempotency_key))


def _tell(job: Job) -> None:
    """Let listeners know at once; while Redis is away they read rows anyway."""
    with suppress(*AWAY):
        parts().events.publish([StateEvent(job.id, job.attempt, job.state)])


def _wait(job_id: str, query: JobQuery) -> Job:
    find(job_id)
    listener = parts().hub.listen(job_id)
    try:
        return wait_for_version(lambda: find(job_id), listener, query.if_version, query.wait)
    finally:
        listener.close()


def _next_link(token: str | None) -> dict[str, str]:
    if token is None:
        return {}
    asked = [(name, value) for name, value in request.args.items(multi=True) if name != "pageToken"]
    return {"Link": f'</jobs?{urlencode([*asked, ("pageToken", token)])}>; rel="next"'}
