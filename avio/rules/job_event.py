"""What is told of the end of a job: a JSON document with members of JobInfo, by the same names.

Used by the aggregator. A receiver is the user's: it learns no more than the API tells the user.
"""

import json
from datetime import timezone
from typing import Any

from avio.clock import rfc3339
from avio.db.models import Job
from avio.rules.counters import counted
from avio.rules.discretion import without_addresses
from avio.wire.checked_params import shown


def job_event(job: Job, zone: timezone) -> bytes:
    """Return the body of the delivery of a job that has ended: the same at each try."""
    event = {
        "id": job.id,
        "type": f"job.{job.state}",
        "timestamp": rfc3339(job.finished_at, zone),
        "data": _job(job, zone),
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _job(job: Job, zone: timezone) -> dict[str, Any]:
    progress = counted(job.counters)
    progress["total"]["complete"] = bool(job.total_complete)
    return {
        "id": job.id,
        "name": job.name,
        "uid": job.uid,
        "type": job.type,
        "params": shown(json.loads(job.params)),
        "status": job.state,
        "reason": job.reason,
        "message": without_addresses(job.message),
        "createTime": rfc3339(job.created_at, zone),
        "startTime": rfc3339(job.started_at, zone),
        "finishTime": rfc3339(job.finished_at, zone),
        "attempt": job.attempt,
        "progress": progress,
        "errors": json.loads(job.errors),
        "verified": None if job.verified_files is None else {"files": job.verified_files, "bytes": job.verified_bytes},
        "retryOf": job.retry_of,
    }
