"""Queries that insert a job (T1) and request its cancellation (T9). Used by web.

The T numbers are those of the table of guards in docs/architecture.md.
"""

import json
from dataclasses import dataclass, field

from ulid import ULID

from avio.db import keeps, predecessors
from avio.db.connection import transaction
from avio.db.models import Job
from avio.db.sql import change, now, row
from avio.wire import traces
from avio.wire.after import After
from avio.wire.params import Params
from avio.wire.paths import shown_path
from avio.wire.states import JobType


@dataclass(frozen=True, slots=True)
class NewJob:
    """The order of a new job. `params` is JSON; `digest` identifies the whole request.

    `not_before` is in epoch seconds. It waits for all of `after`. `schedule_id` is the schedule that makes it, `trace`
    the traceparent of the request.
    """

    uid: int
    name: str
    type: int
    params: str
    idem_key: str | None = None
    idem_digest: str | None = None
    retry_of: str | None = None
    not_before: float | None = None
    after: tuple[After, ...] = ()
    schedule_id: str | None = None
    trace: str | None = field(default_factory=traces.current.get)


class QueueFull(Exception):
    """The user has as many queued jobs as allowed."""


class Deleted(Exception):
    """What a new job needs was deleted a moment ago. The text names it."""


class Kept(Exception):
    """A free job may not be made: somebody keeps files at, above or below its path."""

    def __init__(self, by: keeps.Held) -> None:
        super().__init__(by)
        self.by = by


def insert(new: NewJob, queued_max: int | None = None) -> tuple[Job, bool]:
    """T1: insert a queued job, or find the job that the same Idempotency-Key made. True if it was inserted.

    Raise QueueFull if the user has `queued_max` queued jobs, whatever other requests do at once. Raise Deleted if its
    file list, or a job that it repeats or waits for, was deleted meanwhile. Raise Kept for a free job of a kept path.
    """
    job_id = str(ULID())
    params = Params.from_json(json.loads(new.params))
    list_id = params.file_list_id if params.from_file_list else None
    with transaction():
        if queued_max is not None:
            row("SELECT 1 FROM users WHERE uid = ? {alone}", new.uid)  # orders of one user come one by one
            if new.idem_key is not None and (earlier := find_by_key(new.uid, new.idem_key)) is not None:
                return earlier, False
            if count_queued(new.uid) >= queued_max:
                raise QueueFull
        _lock_needed(new, list_id, params)
        added = change(
            "INSERT INTO jobs (id, uid, name, type, params, path, list_id, idem_key, idem_digest, retry_of,"
            " schedule_id, not_before, after_jobs, run_at, state, bandwidth, concurrency, own_webhook, priority, trace,"
            " message, attempt, seq, crashes, losses, total_complete, {counters}, speed_bps, errors, version,"
            " created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {greatest}({now}, ?), 'queued',"
            " ?, ?, ?, ?, ?, '', 0, 0, 0, 0, false, {counters_zero}, 0, '[]', 1, {now}, {now})"
            " ON CONFLICT (uid, idem_key) DO NOTHING",
            *(job_id, new.uid, new.name, new.type, new.params),
            None if params.alluxio_uri is None else shown_path(params.path),
            *(list_id, new.idem_key, new.idem_digest, new.retry_of, new.schedule_id, new.not_before),
            json.dumps([one.text for one in new.after]) if new.after else None,
            predecessors.PARKED if new.after else new.not_before or 0.0,
            *(params.bandwidth, params.concurrency, params.notify is not None, params.priority, new.trace),
        )
        if added:
            predecessors.add(job_id, new.after)
            return Job.get_by_id(job_id), True
        return Job.get((Job.uid == new.uid) & (Job.idem_key == new.idem_key)), False


def _require_not_kept(path: str) -> None:
    """Raise Kept if somebody keeps files there. Until the end of the transaction nobody makes a keep."""
    keeps.alone()
    if (held := keeps.touching(path)) is not None:
        raise Kept(held)


def _lock_needed(new: NewJob, list_id: str | None, params: Params) -> None:
    """Let no deletion of what a new job needs go on until the job is there. Raise Deleted if one did, and Kept."""
    if new.type == JobType.FREE:
        _require_not_kept(shown_path(params.path))
    if list_id is not None and row("SELECT id FROM filelists WHERE id = ? AND complete {shared}", list_id) is None:
        raise Deleted(f"file list {list_id}")
    for job in filter(None, (new.retry_of, *(one.job for one in new.after))):
        if row("SELECT id FROM jobs WHERE id = ? {shared}", job) is None:
            raise Deleted(f"job {job}")


def find_by_key(uid: int, idem_key: str) -> Job | None:
    """Return the job that a user's Idempotency-Key made."""
    found: Job | None = Job.get_or_none((Job.uid == uid) & (Job.idem_key == idem_key))
    return found


def count_queued(uid: int) -> int:
    """Return the number of queued jobs of a user."""
    found = row("SELECT count(*) FROM jobs WHERE uid = ? AND state = 'queued'", uid)
    return int(found[0]) if found else 0


def cancel(job: str, reason: str) -> bool:
    """T9: cancel a queued job at once, ask the node of a running job to stop it. Return False if the job has ended.

    Idempotent: a second wish changes nothing.
    """
    wished = now()
    changed = change(
        "UPDATE jobs SET cancel_at = coalesce(cancel_at, ?), cancel_reason = coalesce(cancel_reason, ?),"
        " finished_at = CASE state WHEN 'queued' THEN ? END,"
        " message = CASE state WHEN 'queued' THEN 'cancelled before it began' ELSE message END,"
        " state = CASE state WHEN 'queued' THEN 'cancelled' ELSE 'stopping' END,"
        " version = version + 1, updated_at = ?"
        " WHERE id = ? AND state IN {unfinished}",
        wished,
        reason,
        wished,
        wished,
        job,
    )
    return changed > 0
