"""Rows and entries as the JSON of the API: plain dictionaries, in the shapes of `avio.api.responses`."""

import json
import os
from base64 import b64encode
from datetime import timezone
from typing import Any

from avio.api.pace import pace_of_event, pace_of_job
from avio.api.plan_info import plan_info
from avio.api.waits import waiting_in_queue, waiting_of_event, waiting_of_job
from avio.clock import rfc3339
from avio.rules.counters import counted
from avio.rules.discretion import without_addresses
from avio.rules.mounts import MountView
from avio.rules.nodes import NodeView
from avio.rules.types import (
    Attempt,
    Entry,
    FailedFile,
    FileList,
    Job,
    Login,
    Outlook,
    Running,
    Tier,
)
from avio.wire.checked_params import shown
from avio.wire.events import ProgressEvent
from avio.wire.options import camel
from avio.wire.paths import is_text, shown_path
from avio.wire.progress import Counters
from avio.wire.states import TERMINAL, JobType, State


def whoami(login: Login, zone: timezone) -> dict[str, Any]:
    """Return a Whoami."""
    return {"uid": login.uid, "name": login.name, "admin": login.admin, "expireTime": rfc3339(login.expires_at, zone)}


def entry_info(entry: Entry, zone: timezone) -> dict[str, Any]:
    """Return an EntryInfo."""
    path = shown_path(entry.path)
    return {
        "path": path,
        "pathBytes": None if path == entry.path else b64encode(os.fsencode(entry.path)).decode(),
        "name": path.rpartition("/")[2] or "/",
        "kind": entry.kind,
        "size": entry.size,
        "modified": rfc3339(entry.modified, zone),
        "state": entry.state.value,
        "cachedBytes": entry.cached_bytes,
        "cachedPercent": _cached_percent(entry),
        "tiers": entry.tiers,
        "saved": entry.saved,
        "files": entry.files,
        "filesCached": entry.files_cached,
        "leftOut": entry.left_out,
        "localPath": entry.local_path if is_text(entry.path) else None,
    }


def _cached_percent(entry: Entry) -> float | None:
    if entry.size is None or entry.cached_bytes is None:
        return None
    if entry.size == 0:
        return 100.0 if entry.in_cache or entry.files_cached else 0.0
    return percent(entry.cached_bytes, entry.size)


def percent(part: int, whole: int) -> float:
    """Return a percentage with one digit, rounded down: 100 means all of it."""
    return min(part * 1000 // whole, 1000) / 10


# The most percent of a job that has not ended.
NOT_ALL = 99.9


def progress_info(
    counters: Counters,
    *,
    complete: bool,
    speed_bps: int,
    average_bps: int = 0,
    in_flight: int = 0,
    bytes_in_flight: int = 0,
    ended: bool = False,
) -> dict[str, Any]:
    """Return a ProgressInfo. Until the job has `ended` it is not 100 %: files in place have to be verified."""
    info = counted(counters)
    info["total"]["complete"] = complete
    bytes_in_flight = min(bytes_in_flight, counters.bytes_left)
    share = _progress_percent(counters, bytes_in_flight) if complete else None
    if share is not None and not ended:
        share = min(share, NOT_ALL)
    return info | {
        "speedBps": speed_bps,
        "averageBps": average_bps,
        "inFlight": in_flight,
        "bytesInFlight": bytes_in_flight,
        "percent": share,
    }


def _progress_percent(counters: Counters, in_flight: int) -> float | None:
    """Return the share by bytes, or by files if all files are empty. What a check found to differ is done with."""
    parts = ("done", "kept", "different", "only_in_bucket", "only_in_cache")
    if counters.bytes_total:
        return percent(sum(getattr(counters, f"bytes_{part}") for part in parts) + in_flight, counters.bytes_total)
    files = sum(getattr(counters, f"files_{part}") for part in parts)
    return percent(files, counters.files_total) if counters.files_total else None


def progress_event(event: ProgressEvent, zone: timezone) -> dict[str, Any]:
    """Return a ProgressEventInfo."""
    progress = event.progress
    return {
        "phase": progress.phase,
        "progress": progress_info(
            progress.counters,
            complete=progress.total_complete,
            speed_bps=progress.speed_bps,
            average_bps=progress.average_bps,
            in_flight=progress.in_flight,
            bytes_in_flight=progress.bytes_in_flight,
        ),
        "errors": progress.to_json()["errors"],
        **pace_of_event(progress, zone),
        "waiting": waiting_of_event(progress, zone),
    }


def tier_info(tier: Tier) -> dict[str, Any]:
    """Return a TierInfo."""
    return {
        "alias": tier.alias,
        "worker": tier.worker,
        "capacity": tier.capacity,
        "used": tier.used,
        "reserved": tier.reserved,
        "free": tier.free,
    }


def job_progress(job: Job, counters: Counters, *, complete: bool) -> dict[str, Any]:
    """Return the ProgressInfo of a job, with the `counters` to show."""
    return progress_info(
        counters,
        complete=complete,
        speed_bps=job.speed_bps,
        average_bps=job.average_bps or 0,
        in_flight=job.in_flight or 0,
        bytes_in_flight=job.bytes_in_flight or 0,
        ended=State(job.state) in TERMINAL,
    )


def job_info(job: Job, zone: timezone) -> dict[str, Any]:
    """Return a JobInfo."""
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
        "updateTime": rfc3339(job.updated_at, zone),
        "finishTime": rfc3339(job.finished_at, zone),
        "attempt": job.attempt,
        "phase": job.phase,
        "progress": job_progress(job, job.counters, complete=bool(job.total_complete)),
        **pace_of_job(job, zone),
        "waiting": waiting_of_job(job, zone) if job.waiting is None else waiting_in_queue(job, zone),
        "errors": json.loads(job.errors),
        "bandwidth": job.bandwidth,
        "concurrency": job.concurrency,
        "priority": job.priority,
        "labels": json.loads(job.labels),
        "verified": None if job.verified_files is None else {"files": job.verified_files, "bytes": job.verified_bytes},
        "localPath": job.local_path if job.released_at is None else None,
        "node": job.node,
        "version": job.version,
        "retryOf": job.retry_of,
        "scheduleId": job.schedule_id,
        "at": rfc3339(job.not_before, zone),
        "after": json.loads(job.after_jobs or "[]"),
        "links": _links(job),
    }


def job_detail(job: Job, attempts: list[Attempt], outlook: Outlook | None, zone: timezone) -> dict[str, Any]:
    """Return a JobDetail."""
    return job_info(job, zone) | {
        "attempts": [_attempt_info(attempt, zone) for attempt in attempts],
        "plan": None if outlook is None else plan_info(outlook),
    }


def _attempt_info(attempt: Attempt, zone: timezone) -> dict[str, Any]:
    movers = json.loads(attempt.movers) if attempt.movers else None
    return {
        "attempt": attempt.attempt,
        "node": attempt.node,
        "startTime": rfc3339(attempt.started_at, zone),
        "endTime": rfc3339(attempt.ended_at, zone),
        "outcome": attempt.outcome,
        "movers": movers and [{camel(name): value for name, value in share.items()} for share in movers],
    }


def running_job(job: Running) -> dict[str, Any]:
    """Return a RunningJob."""
    return {
        "id": job.id,
        "name": job.name,
        "uid": job.uid,
        "type": job.type,
        "status": job.state,
        "path": job.paths[0] if len(job.paths) == 1 else None,
        "node": job.node,
    }


def node_info(node: NodeView, zone: timezone) -> dict[str, Any]:
    """Return a NodeInfo."""
    return {
        "name": node.row.name,
        "state": node.state,
        "slots": node.row.slots,
        "busy": node.running,
        "startTime": rfc3339(node.row.started_at, zone),
        "seenTime": rfc3339(node.row.seen_at, zone),
        "leaseSeconds": round(node.lease, 1),
        "jobs": [running_job(job) for job in node.jobs],
    }


def mount_info(mount: MountView) -> dict[str, Any]:
    """Return a MountInfo."""
    known = "ok" if mount.error is None else "unavailable"
    return {
        "path": mount.path,
        "kind": mount.kind,
        "url": mount.url,
        "state": known if mount.is_known else "unknown",
        "reason": None if mount.error is None else mount.error.reason,
        "message": mount.message,
        "running": mount.running,
        "jobs": [running_job(job) for job in mount.jobs],
    }


def failure_info(failed: FailedFile) -> dict[str, Any]:
    """Return a FailureInfo."""
    return {
        "path": failed.path,
        "reason": failed.reason,
        "message": without_addresses(failed.message),
        "tries": failed.tries,
        "attempt": failed.attempt,
    }


def file_list_info(found: FileList, zone: timezone) -> dict[str, Any]:
    """Return a FileListInfo."""
    return {
        "fileListId": found.id,
        "lines": found.lines,
        "bytes": found.bytes,
        "complete": bool(found.complete),
        "createTime": rfc3339(found.created_at, zone),
    }


def _links(job: Job) -> dict[str, str | None]:
    base = f"/jobs/{job.id}"
    ended = State(job.state) in TERMINAL
    return {
        "self": base,
        "events": f"{base}/events",
        "cancel": None if ended else f"{base}/cancel",
        "retry": f"{base}/retry" if ended else None,
        "report": f"{base}/report",
        "result": f"{base}/result" if job.type in (JobType.LS, JobType.STAT, JobType.PLAN) else None,
        "log": f"{base}/log",
    }
