"""Queries on hints, the ids on the queue (T2). Used by web after a submit, by the aggregator's sweep."""

from avio.db.sql import change, rows

HINT_SECONDS = 10


def pushed(job: str) -> None:
    """T2: remember that the hint of `job` is on the queue."""
    change("UPDATE jobs SET pushed_at = {now} WHERE id = ? AND state = 'queued'", job)


def lost(limit: int = 500) -> list[str]:
    """T2: take up to `limit` jobs that are due and had no hint for `HINT_SECONDS`; the caller pushes them again.

    Two sweeps at once take different jobs; a doubled hint would do no harm, since the claim is guarded.
    """
    taken = rows(
        "UPDATE jobs SET pushed_at = {now} WHERE id IN (SELECT id FROM jobs WHERE state = 'queued' AND run_at <= {now}"
        " AND (pushed_at IS NULL OR pushed_at < {now} - ?) ORDER BY run_at, id LIMIT ? {skip_locked}) RETURNING id",
        HINT_SECONDS,
        limit,
    )
    return sorted(job for (job,) in taken)
