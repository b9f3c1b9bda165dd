"""What a queued or a running job waits for, as the JSON of the API. Pure."""

import json
from datetime import timezone
from typing import Any

from avio.api.pace import AT_WORK
from avio.clock import rfc3339
from avio.rules.discretion import without_addresses
from avio.rules.types import Job
from avio.wire.progress import Progress
from avio.wire.states import State
from avio.wire.waiting import Wait, Why


def waiting_in_queue(job: Job, zone: timezone) -> dict[str, Any] | None:
    """Return the WaitingInfo of a queued job, None if it waits for nothing."""
    waiting = job.waiting
    if waiting is None:
        return None
    what = rfc3339(job.run_at, zone) if waiting.why is Why.START_TIME else waiting.what
    return {
        "reason": waiting.why,
        "for": what and without_addresses(what),
        "since": rfc3339(waiting.since, zone),
        "position": waiting.position,
    }


def waiting_of_job(job: Job, zone: timezone) -> dict[str, Any] | None:
    """Return the WaitingInfo of a running job, None if it waits for nothing."""
    if job.waits is None or State(job.state) not in AT_WORK:
        return None
    return _waiting(Wait(**json.loads(job.waits)), zone)


def waiting_of_event(progress: Progress, zone: timezone) -> dict[str, Any] | None:
    """Return the same of an event."""
    return None if progress.waiting is None else _waiting(progress.waiting, zone)


def _waiting(wait: Wait, zone: timezone) -> dict[str, Any] | None:
    since = rfc3339(wait.since_ms / 1000, zone)
    if since is None or wait.why not in set(Why):  # of a newer node
        return None
    return {"reason": wait.why, "for": without_addresses(wait.what) or None, "since": since, "position": None}
