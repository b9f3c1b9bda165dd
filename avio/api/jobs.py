"""Jobs: submit by JobSpec, list, show, wait, change, cancel, retry."""

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify, request
from pydantic import BaseModel

from avio.api import serializers
from avio.api.auth import caller, look_up, token
from avio.api.blueprints import blueprint, may_be_empty, problems
from avio.api.hang_up import hang_up_of
from avio.api.job_watch import wait_for_version
from avio.api.orders import REPLIES, accepted, place, spec_of
from avio.api.request_fields import Ulid
from avio.api.requests import CancelBody, JobBody, JobChange, JobQuery, JobsQuery, Nothing, OrderHeader, RetryBody
from avio.api.responses import JobDetail, JobInfo, JobPage
from avio.api.services import services
from avio.rules import history
from avio.rules.job_search import with_filter
from avio.rules.plans import outlook
from avio.rules.types import Filter, Job
from avio.streams import AWAY
from avio.wire.events import StateEvent
from avio.wire.states import JobType

ATTEMPTS = 10  # of a job that are shown

jobs = blueprint("jobs")


class JobPath(BaseModel):
    """Which job. The route's converter has checked the format."""

    id: Ulid


@jobs.post("/jobs", responses=REPLIES)
def order(query: Nothing, body: JobBody, header: OrderHeader) -> Response:
    """Submit a job of any type."""
    return place(spec_of(JobType(body.type), body, body.uid), header)


@jobs.get("/jobs", responses={200: JobPage})
def list_(query: JobsQuery) -> Any:
    """List jobs, newest first: the caller's own, or all for an admin."""
    zone = services().zone
    members = Filter(
        uids=None if query.uid is None else [query.uid],
        states=query.status,
        types=query.type,
        names=None if query.name is None else [query.name],
    )
    wanted = with_filter(caller(), members, query.asked, zone)
    page, after = history.list_jobs(caller(), wanted, query.page_size, query.page_token)
    owners = {str(uid): name for uid, name in history.owners(caller(), page).items()}
    reply = {"jobs": [serializers.job_info(job, zone) for job in page], "users": owners, "nextPageToken": after}
    return reply, 200, _next_link(after)


@jobs.get("/jobs/<ulid:id>", responses={200: JobDetail, 304: None, **problems(404)})
def get(path: JobPath, query: JobQuery) -> Response:
    """Return a job; with `wait`, after its next change."""
    job = _wait(path.id, query) if query.wait else history.get(caller(), path.id)
    attempts = history.attempts(caller(), path.id, ATTEMPTS)
    response = jsonify(serializers.job_detail(job, attempts, outlook(job), services().zone))
    response.set_etag(str(job.version))
    response.make_conditional(request)
    return response


CANCEL_BODY, RETRY_BODY = may_be_empty("CancelBody"), may_be_empty("RetryBody")


@jobs.post("/jobs/<ulid:id>/cancel", responses={202: JobInfo, **problems(404, 409, 413, 415)}, request_body=CANCEL_BODY)
def cancel(path: JobPath, query: Nothing, body: CancelBody) -> Response:
    """Request cancellation of a job. May be repeated."""
    job = services().jobs.cancel(caller(), path.id, body.reason or "")
    _tell(job)
    return accepted(job, made=True)


@jobs.patch("/jobs/<ulid:id>", responses={200: JobInfo, **problems(403, 404, 409, 413, 415)})
def change(path: JobPath, query: Nothing, body: JobChange) -> Response:
    """Change name, labels, priority or limits of a job that has not ended. What it moves follows within seconds."""
    job = services().jobs.adjust(caller(), path.id, body.given())
    _tell(job)
    response = jsonify(serializers.job_info(job, services().zone))
    response.set_etag(str(job.version))
    return response


@jobs.post("/jobs/<ulid:id>/retry", responses=REPLIES | problems(409, 413, 415), request_body=RETRY_BODY)
def retry(path: JobPath, query: Nothing, body: RetryBody, header: OrderHeader) -> Response:
    """Submit a new job with the type and params of one that has ended; with `failed` for its failed files alone."""
    again = services().jobs.retry_failed if body.failed else services().jobs.retry
    return accepted(*again(caller(), path.id, header.idempotency_key))


def _tell(job: Job) -> None:
    """Notify listeners at once. While Redis is unavailable they read rows."""
    with suppress(*AWAY):
        services().events.publish([StateEvent(job.id, job.attempt, job.state)])


def _wait(job_id: str, query: JobQuery) -> Job:
    def read() -> Job:
        look_up(token())  # a token that has ended since learns nothing
        return history.get(caller(), job_id)

    history.get(caller(), job_id)
    listener = services().hub.listen(job_id, caller().uid)
    try:
        return wait_for_version(read, listener, query.if_version, query.wait, hang_up_of(request.environ))
    finally:
        listener.close()


def _next_link(after: str | None) -> dict[str, str]:
    if after is None:
        return {}
    asked = [(name, value) for name, value in request.args.items(multi=True) if name != "pageToken"]
    return {"Link": f'</jobs?{urlencode([*asked, ("pageToken", after)])}>; rel="next"'}
