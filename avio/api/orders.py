"""Submitting jobs: preload, save and their plans, and the replies to all submits."""

from dataclasses import replace
from typing import Any

from flask import Response, jsonify

from avio.api import serializers
from avio.api.auth import caller
from avio.api.blueprints import blueprint, problems
from avio.api.requests import Nothing, OrderBody, OrderHeader, PlanBody
from avio.api.responses import JobInfo
from avio.api.services import services
from avio.errors import BadRequest, FieldError
from avio.rules import history
from avio.rules.order_checks import JobSpec
from avio.rules.types import Job
from avio.wire import moments
from avio.wire.after import parse
from avio.wire.states import JobType

orders = blueprint("orders")

# 200 answers a repeated request with the same Idempotency-Key.
REPLIES: Any = {200: JobInfo, 202: JobInfo, **problems(403, 404, 409, 413, 415, 422)}


@orders.post("/preload", responses=REPLIES)
def preload(query: Nothing, body: OrderBody, header: OrderHeader) -> Response:
    """Bring a directory, a file or a list of files from the bucket into the cache."""
    return place(spec_of(JobType.PRELOAD, body), header)


@orders.post("/save", responses=REPLIES)
def save(query: Nothing, body: OrderBody, header: OrderHeader) -> Response:
    """Bring a directory, a file or a list of files from the cache back into its bucket."""
    return place(spec_of(JobType.SAVE, body), header)


def spec_of(type_: JobType, body: OrderBody, uid: int | None = None) -> JobSpec:
    """Return the job request of a body."""
    at = None if body.at is None else moments.epoch(body.at)
    return JobSpec(type_, body.params.to_wire(), body.name or "", uid, at, tuple(map(parse, body.after or ())))


@orders.post("/plans", responses=REPLIES)
def plan(query: Nothing, body: PlanBody, header: OrderHeader) -> Response:
    """Plan a preload or a save: list its files, and tell what the job would do. Nothing is moved."""
    params = body.params.to_wire()
    if params.plan_of is not None:
        raise BadRequest(
            "the job request is invalid",
            [FieldError("params.planOf", "has no effect on a plan, whose type says it; remove it")],
        )
    plan_of = JobType(body.type).name.lower()
    return place(JobSpec(JobType.PLAN, replace(params, plan_of=plan_of), body.name or ""), header)


def place(spec: JobSpec, header: OrderHeader) -> Response:
    """Submit `spec` for the caller and return the reply."""
    return accepted(*services().jobs.submit(caller(), spec, header.idempotency_key))


def accepted(job: Job, made: bool) -> Response:
    """Return the reply to a submit: 202 for a new job, 200 for the job that the same key made before."""
    response = jsonify(serializers.job_info(history.explained(job), services().zone))
    response.status_code = 202 if made else 200
    response.headers["Location"] = f"/jobs/{job.id}"
    return response
