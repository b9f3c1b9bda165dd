"""Ordering jobs: preload and save; and how any order is placed and answered."""

from typing import Any

from flask import Response, jsonify

from avio.api import showing
from avio.api.asked import Nothing, OrderBody, OrderHeader
from avio.api.auth import caller
from avio.api.parts import parts
from avio.api.replies import JobInfo
from avio.api.rooms import problems, room
from avio.db.models import Job
from avio.jobs import JobSpec
from avio.wire.states import JobType

orders = room("orders")

# 200 is the answer to an order that came before, with the same Idempotency-Key.
REPLIES: Any = {200: JobInfo, 202: JobInfo, **problems(403, 404, 413, 415, 422)}


@orders.post("/preload", responses=REPLIES)
def preload(query: Nothing, body: OrderBody, header: OrderHeader) -> Response:
    """Bring a directory, a file or a list of files from the bucket into the cache."""
    return place(JobSpec(JobType.PRELOAD, body.params.to_wire(), body.name or ""), header)


@orders.post("/save", responses=REPLIES)
def save(query: Nothing, body: OrderBody, header: OrderHeader) -> Response:
    """Bring a directory, a file or a list of files from the cache back into its bucket."""
    return place(JobSpec(JobType.SAVE, body.params.to_wire(), body.name or ""), header)


def place(spec: JobSpec, header: OrderHeader) -> Response:
    """Submit `spec` for the caller and return the reply."""
    return accepted(*parts().jobs.submit(caller(), spec, header.idempotency_key))


def accepted(job: Job, made: bool) -> Response:
    """Return the reply to an order: 202 for a new job, 200 for the one that the same key made before."""
    response = jsonify(showing.job_info(job, parts().zone))
    response.status_code = 202 if made else 200
    response.headers["Location"] = f"/jobs/{job.id}"
    return response
