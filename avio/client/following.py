"""Following a job to its end: its event stream, and long polls once that breaks or can't be had."""

import math
import time
from collections.abc import Iterator
from typing import Any, cast

from avio.client.calls import Client
from avio.client.problems import ApiError, Unreachable, WaitOver
from avio.client.shapes import JobInfo
from avio.client.transport import TOO_MANY, is_temporary
from avio.wire.states import TERMINAL

DAY_SECONDS = 86_400.0
POLL_SECONDS = 30
# Pings come every 15 s, so the stream can overrun its end by that much; polls are exact.
POLLED_TAIL_SECONDS = 30.0
REST_SECONDS = 1.0


def follow(client: Client, job_id: str, *, limit: float = DAY_SECONDS, patience: float = 120.0) -> Iterator[JobInfo]:
    """Yield the job as it stands, at first and at every change; the last one has a terminal status.

    Raises WaitOver after `limit` seconds, Unreachable after `patience` seconds without an answer.
    """
    deadline = time.monotonic() + limit
    version: int | None = None
    for job in _streamed(client, job_id, deadline - POLLED_TAIL_SECONDS):
        version = job["version"]
        yield job
        if job["status"] in TERMINAL:
            return
    heard = time.monotonic()
    may_wait = True
    while (left := deadline - time.monotonic()) > 0:
        try:
            if may_wait and version is not None:
                job = client.job(job_id, wait=min(POLL_SECONDS, math.ceil(left)), if_version=version)
            else:
                job = client.job(job_id)
        except (Unreachable, ApiError) as error:
            if not is_temporary(error) or time.monotonic() - heard > patience:
                raise
            # The server has no place for one more listener: look now and then instead.
            may_wait = error.status != TOO_MANY
            time.sleep(min(REST_SECONDS, left))
            continue
        heard = time.monotonic()
        if job["version"] == version:
            time.sleep(REST_SECONDS)
            continue
        version = job["version"]
        yield job
        if job["status"] in TERMINAL:
            return
    raise WaitOver(job_id, limit)


def _streamed(client: Client, job_id: str, until: float) -> Iterator[JobInfo]:
    """Yield the job at each event, for as long as the stream holds."""
    if time.monotonic() >= until:
        return
    job: dict[str, Any] | None = None
    try:
        for event in client.events(job_id, until=until):
            if event.kind == "progress" and job is not None:
                job = {**job, **event.data}
            elif event.kind in ("snapshot", "state", "end"):
                job = event.data
            else:
                continue
            yield cast(JobInfo, job)
    except (Unreachable, ApiError) as error:
        if not is_temporary(error):
            raise
