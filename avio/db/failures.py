"""Queries on the failed files of jobs. Written by the aggregator during a job and by intake at its end, read by web.

A row's key has a digest of the path, since an index entry of PostgreSQL has at most 2,704 bytes.
"""

import hashlib
from collections.abc import Iterable

from avio.db.models import FailedFile
from avio.db.sql import change, change_many
from avio.wire.events import FailureEvent
from avio.wire.results import Result

_FOLD = (
    "INSERT INTO failures (job_id, path_digest, path, attempt, reason, message, tries) SELECT ?, ?, ?, ?, ?, ?, ?"
    " WHERE EXISTS (SELECT 1 FROM jobs WHERE id = ? AND attempt = ? AND state IN {owned})"
    " ON CONFLICT (job_id, path_digest) DO UPDATE SET attempt = excluded.attempt, reason = excluded.reason,"
    " message = excluded.message, tries = excluded.tries WHERE excluded.attempt >= failures.attempt"
)

_ADD = (
    "INSERT INTO failures (job_id, path_digest, path, attempt, reason, message, tries) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (job_id, path_digest) DO NOTHING"
)


def fold(events: Iterable[FailureEvent]) -> None:
    """Store the failures of the attempts that run. Late events and events of unknown jobs change nothing."""
    change_many(
        _FOLD,
        [(e.job, _digest(e.path), e.path, e.attempt, e.reason, e.message, e.tries, e.job, e.attempt) for e in events],
    )


def settle(result: Result) -> None:
    """Replace the failures of a job by those of the attempt that ended: in it, the work may have begun again."""
    job, attempt = result.job, result.attempt
    change("DELETE FROM failures WHERE job_id = ?", job)
    change_many(_ADD, [(job, _digest(f.path), f.path, attempt, f.reason, f.message, f.tries) for f in result.failures])


def of_attempt(job: str, attempt: int, size: int, after: str | None = None) -> list[FailedFile]:
    """Return up to `size` failed files of an attempt, by path, after the path `after`."""
    query = FailedFile.select().where(FailedFile.job_id == job, FailedFile.attempt == attempt)
    query = query.order_by(FailedFile.path).limit(size)
    return list(query if after is None else query.where(FailedFile.path > after))


def _digest(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()
