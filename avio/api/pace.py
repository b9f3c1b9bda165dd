"""How a job goes on as the JSON of the API: when it ends, its phases, how long it waited. Pure but for the clock."""

import json
from collections.abc import Iterable
from datetime import timezone
from typing import Any

from avio import clock
from avio.clock import rfc3339
from avio.rules.types import Job
from avio.wire.progress import Progress
from avio.wire.states import State
from avio.wire.timings import PhaseTime

# The states in which an attempt goes on to the end of its work.
AT_WORK = (State.STARTING, State.RUNNING)


def pace_of_job(job: Job, zone: timezone) -> dict[str, Any]:
    """Return the members of a JobInfo that tell when it ends, what its attempt did, and how long it waited."""
    phases = [PhaseTime(**phase) for phase in json.loads(job.phases or "[]")]
    return {"eta": _eta_of_job(job, zone), "phases": _phases(phases, zone), "queueSeconds": _queue_seconds(job)}


def pace_of_event(progress: Progress, zone: timezone) -> dict[str, Any]:
    """Return the same of an event of now, but for the wait."""
    eta, now = progress.eta, clock.now()
    times = None if eta is None else _eta(now + eta.p50_ms / 1000, now + eta.p90_ms / 1000, zone)
    return {"eta": times, "phases": _phases(progress.phases, zone)}


def _eta_of_job(job: Job, zone: timezone) -> dict[str, Any] | None:
    """Return when a job ends. None also after that time: then nothing is known of the job any more."""
    if job.eta_p50 is None or job.eta_p90 is None or State(job.state) not in AT_WORK or job.eta_p50 < clock.now():
        return None
    return _eta(job.eta_p50, job.eta_p90, zone)


def _eta(p50: float, p90: float, zone: timezone) -> dict[str, Any] | None:
    times = {"p50": rfc3339(p50, zone), "p90": rfc3339(p90, zone)}
    return None if None in times.values() else times  # a job process may expect any time


def _phases(phases: Iterable[PhaseTime], zone: timezone) -> list[dict[str, Any]]:
    return [
        {"phase": each.phase, "startTime": began, "seconds": each.ms / 1000}
        for each in phases
        if (began := rfc3339(each.started_ms / 1000, zone)) is not None
    ]


def _queue_seconds(job: Job) -> float | None:
    """Return the seconds from the submission to the first claim, or to the end without one; None while it waits."""
    until = job.started_at or job.finished_at
    return None if until is None else round(max(0.0, until - job.created_at), 3)
