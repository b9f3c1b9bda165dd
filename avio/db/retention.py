"""Queries of retention on jobs that have ended. Used by the aggregator. Any number of aggregators may run.

Each changes one job, and a few rows at most: the caller stops between two when its time is over.
"""

from dataclasses import dataclass

from avio.db import artifacts, predecessors, uses
from avio.db.connection import transaction
from avio.db.sql import change, now, row, rows


@dataclass(frozen=True, slots=True)
class Ended:
    """A job that has ended; `age` is in seconds since then."""

    job: str
    finished_at: float
    age: float
    attempt: int
    has_key: bool
    has_artifacts: bool


def ended(after: tuple[float, str], age: float, limit: int) -> list[Ended]:
    """Return up to `limit` jobs that ended `age` seconds ago or earlier, oldest first, after `(finished_at, id)`."""
    time = now()  # as a parameter: PostgreSQL compares no index with a running clock
    found = rows(
        "SELECT j.id, j.finished_at, j.attempt, j.idem_key IS NOT NULL,"
        " EXISTS (SELECT 1 FROM artifacts a WHERE a.job_id = j.id)"
        " OR EXISTS (SELECT 1 FROM failures f WHERE f.job_id = j.id)"
        " FROM jobs j WHERE j.finished_at IS NOT NULL AND (j.finished_at, j.id) > (?, ?) AND j.finished_at <= ?"
        " ORDER BY j.finished_at, j.id LIMIT ?",
        *after,
        time - age,
        limit,
    )
    return [Ended(job, at, time - at, attempt, bool(key), bool(left)) for job, at, attempt, key, left in found]


def delete_artifacts(job: str, limit: int) -> int:
    """Delete up to `limit` chunks of an ended job's artifacts, and its failures. Return the number of chunks.

    From the first chunk on, the job has no artifacts for readers: they never see half of one.
    """
    with transaction():
        if not _hold(job):
            return 0
        change("UPDATE jobs SET artifacts_deleted_at = coalesce(artifacts_deleted_at, {now}) WHERE id = ?", job)
        change("DELETE FROM failures WHERE job_id = ?", job)
        return change(
            "DELETE FROM artifacts WHERE (job_id, attempt, kind, no) IN"
            " (SELECT job_id, attempt, kind, no FROM artifacts WHERE job_id = ? LIMIT ?)",
            job,
            limit,
        )


def delete_earlier_attempts(job: str, limit: int) -> int:
    """Delete up to `limit` chunks of artifacts of which a later attempt has another. Return the number."""
    deleted = 0
    with transaction():
        if not _hold(job):
            return 0
        for kind in artifacts.KINDS:
            newest = artifacts.newest_attempt(job, kind)
            if newest is not None and deleted < limit:
                deleted += change(
                    "DELETE FROM artifacts WHERE (job_id, attempt, kind, no) IN (SELECT job_id, attempt, kind, no"
                    " FROM artifacts WHERE job_id = ? AND attempt < ? AND kind = ? LIMIT ?)",
                    job,
                    newest,
                    kind,
                    limit - deleted,
                )
    return deleted


def forget_key(job: str) -> None:
    """Let the Idempotency-Key of an ended job make a new job."""
    with transaction():
        if _hold(job):
            change("UPDATE jobs SET idem_key = NULL, idem_digest = NULL WHERE id = ?", job)


def delete_jobs(jobs: list[str]) -> int:
    """Delete ended jobs without artifacts, with their attempts and timings. Jobs that repeat them no longer name them.

    A job stays if a rule of free needs it, if a job waits for it, or if another transaction has it or a job that
    repeats it.
    Return the number of deleted jobs.
    """
    repeating = f"SELECT id, retry_of FROM jobs WHERE retry_of IN {_marks(jobs)}"  # noqa: S608 - made of constants
    with transaction():
        held = rows(
            f"SELECT id FROM jobs WHERE id IN {_marks(jobs)} AND finished_at IS NOT NULL"  # noqa: S608 - the same
            " AND NOT EXISTS (SELECT 1 FROM artifacts WHERE job_id = jobs.id) {skip_locked}",
            *jobs,
        )
        free = set(rows(f"{repeating} {{skip_locked}}", *jobs))
        busy = {repeated for _, repeated in set(rows(repeating, *jobs)) - free}
        old = sorted({job for (job,) in held} - predecessors.waited_for(jobs) - uses.needed(jobs) - busy)
        if not old:
            return 0
        change(f"UPDATE jobs SET retry_of = NULL WHERE retry_of IN {_marks(old)}", *old)  # noqa: S608 - the same
        for table in ("failures", "attempts", "predecessors", "timings"):
            change(f"DELETE FROM {table} WHERE job_id IN {_marks(old)}", *old)  # noqa: S608 - the same
        return change(f"DELETE FROM jobs WHERE id IN {_marks(old)}", *old)  # noqa: S608 - the same


def _marks(values: list[str]) -> str:
    return f"({', '.join('?' * len(values))})"


def _hold(job: str) -> bool:
    """Lock an ended job. Return False if there is none, or if another transaction has it: a later pass comes back.

    Retention waits for no row. So no other transaction can wait for it that it waits for.
    """
    return row("SELECT id FROM jobs WHERE id = ? AND finished_at IS NOT NULL {skip_locked}", job) is not None
