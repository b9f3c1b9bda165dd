"""Queries that bring a job in and ask for its end: insert (T1), wish to cancel (T9). Used by web.

The T numbers are those of the table of guards in docs/architecture.md.
"""

from dataclasses import dataclass

from ulid import ULID

from avio.db.connecting import transaction
from avio.db.models import Job
from avio.db.sql import change, now, row


@dataclass(frozen=True, slots=True)
class NewJob:
    """What a job begins with. `params` is JSON; `digest` stands for the whole request."""

    uid: int
    name: str
    type: int
    params: str
    idem_key: str | None = None
    idem_digest: str | None = None
    retry_of: str | None = None


def insert(new: NewJob) -> tuple[Job, bool]:
    """T1: add a queued job, or find the one that the same Idempotency-Key made. Tells whether it was added."""
    job_id = str(ULID())
    with transaction():
        added = change(
            "INSERT INTO jobs (id, uid, name, type, params, idem_key, idem_digest, retry_of, state, message, attempt,"
            " seq, crashes, losses, run_at, files_total, bytes_total, total_complete, files_done, bytes_done,"
            " files_skipped, bytes_skipped, files_failed, bytes_failed, bytes_wire, speed_bps, errors, version,"
            " created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'queued', '', 0, 0, 0, 0, {now},"
            " 0, 0, false, 0, 0, 0, 0, 0, 0, 0, 0, '[]', 1, {now}, {now})"
            " ON CONFLICT (uid, idem_key) DO NOTHING",
            job_id,
            new.uid,
            new.name,
            new.type,
            new.params,
            new.idem_key,
            new.idem_digest,
            new.retry_of,
        )
        if added:
            return Job.get_by_id(job_id), True
        return Job.get((Job.uid == new.uid) & (Job.idem_key == new.idem_key)), False


def find_by_key(uid: int, idem_key: str) -> Job | None:
    """Return the job that a user's Idempotency-Key made."""
    found: Job | None = Job.get_or_none((Job.uid == uid) & (Job.idem_key == idem_key))
    return found


def count_queued(uid: int) -> int:
    """Return how many jobs of a user wait."""
    found = row("SELECT count(*) FROM jobs WHERE uid = ? AND state = 'queued'", uid)
    return int(found[0]) if found else 0


def cancel(job: str, reason: str) -> bool:
    """T9: a queued job is cancelled at once, one that a node has is asked to stop; False when it has ended.

    A second wish changes nothing and is no error.
    """
    wished = now()
    changed = change(
        "UPDATE jobs SET cancel_at = coalesce(cancel_at, ?), cancel_reason = coalesce(cancel_reason, ?),"
        " finished_at = CASE state WHEN 'queued' THEN ? END,"
        " message = CASE state WHEN 'queued' THEN 'cancelled before it began' ELSE message END,"
        " state = CASE state WHEN 'queued' THEN 'cancelled' ELSE 'stopping' END,"
        " version = version + 1, updated_at = ?"
        " WHERE id = ? AND state IN ('queued', 'starting', 'running', 'stopping')",
        wished,
        reason,
        wished,
        wished,
        job,
    )
    return changed > 0
