"""Follows a job to its end: by its event stream, and by long polls when the stream is unavailable."""

import math
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

from avio.client.calls import Client
from avio.client.errors import ApiError, ClientError, Unreachable, WaitOver
from avio.client.shapes import JobInfo
from avio.client.transport import TOO_MANY, is_temporary
from avio.wire.states import TERMINAL

POLL_SECONDS = 30
# Pings come every 15 s, so the stream can overrun its end by that much; polls are exact.
POLLED_TAIL_SECONDS = 30.0
PAUSE_SECONDS = 1.0
MOST_PAUSE_SECONDS = 10.0  # whatever a server asks for


def _ignore(error: ClientError) -> None:
    """Most callers wait for news alone."""


def follow(
    client: Client,
    job_id: str,
    *,
    limit: float = math.inf,
    patience: float = 120.0,
    no_news: Callable[[ClientError], None] = _ignore,
    lost: Callable[[ClientError], None] = _ignore,
) -> Iterator[JobInfo]:
    """Yield the job as it stands: at first, at every change, and once the server answers again.

    The last one has a terminal status.

    Calls `lost` when the event stream breaks, and `no_news` each time that the server does not answer, before it is
    asked again.
    Raises WaitOver after `limit` seconds (by default never), Unreachable after `patience` seconds without an answer.
    """
    deadline = time.monotonic() + limit
    version: int | None = None
    for job in _streamed(client, job_id, deadline - POLLED_TAIL_SECONDS, lost):
        version = job["version"]
        yield job
        if job["status"] in TERMINAL:
            return
    for job in _polled(client, job_id, deadline, version, patience, no_news):
        yield job
        if job["status"] in TERMINAL:
            return
    raise WaitOver(job_id, limit)


def _polled(
    client: Client,
    job_id: str,
    deadline: float,
    version: int | None,
    patience: float,
    no_news: Callable[[ClientError], None],
) -> Iterator[JobInfo]:
    """Yield the job at each change after `version`, and whenever the server answers again, until the deadline."""
    answered_at = time.monotonic()
    may_wait, is_heard = True, False  # a plain look tells at once that the server is there
    while (left := deadline - time.monotonic()) > 0:
        query = {"wait": math.ceil(min(POLL_SECONDS, left)), "if_version": version} if may_wait and is_heard else {}
        try:
            job = client.job(job_id, once=True, **query)  # this loop tries again, and says so at once
        except (Unreachable, ApiError) as error:
            if not is_temporary(error) or time.monotonic() - answered_at > patience:
                raise
            # The server accepts no more listeners: poll without a wait.
            may_wait = error.status != TOO_MANY
            if may_wait:
                is_heard = False
                no_news(error)
            asked = error.retry_after or 0 if may_wait else 0
            time.sleep(min(max(PAUSE_SECONDS, asked), MOST_PAUSE_SECONDS, left))
            continue
        answered_at = time.monotonic()
        was_heard, is_heard = is_heard, True
        if was_heard and job["version"] == version:
            time.sleep(PAUSE_SECONDS)
            continue
        version = job["version"]
        yield job


def _streamed(client: Client, job_id: str, until: float, lost: Callable[[ClientError], None]) -> Iterator[JobInfo]:
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
        if error.status != TOO_MANY:
            lost(error)
