"""Queries on hints, the ids on the queue (T2). Used by web after a submit, by the aggregator's sweep."""

from avio.db.sql import change, rows

HINT_SECONDS = 10


def pushed(job: str) -> None:
    """T2: remember that the hint of `job` is on the queue."""
    change("UPDATE jobs SET pushed_at = {now} WHERE id = ? AND state = 'queued'", job)


def missing(on_queue: int, limit: int = 500) -> int:
    """Return how many hints the queue lacks: one for each due job, at most `limit`, less those `on_queue`.

    Any hint makes a node look at the due jobs, so the queue need not have one for each of thousands.
    """
    found = rows("SELECT 1 FROM jobs WHERE state = 'queued' AND run_at <= {now} LIMIT ?", limit)
    return max(len(found) - on_queue, 0)


def lost(limit: int = 500) -> list[str]:
    """T2: take up to `limit` due jobs without a hint for `HINT_SECONDS`. The caller pushes them again.

    Two sweeps at once take different jobs. A repeated hint does no harm, since the claim is guarded.
    """
    taken = rows(
        # In a plain subquery, PostgreSQL may take `limit` jobs again for each row of the table.
        "WITH due AS MATERIALIZED (SELECT id FROM jobs WHERE state = 'queued' AND run_at <= {now}"
        " AND (pushed_at IS NULL OR pushed_at < {now} - ?) ORDER BY run_at, id LIMIT ? {skip_locked})"
        " UPDATE jobs SET pushed_at = {now} WHERE id IN (SELECT id FROM due) RETURNING id",
        HINT_SECONDS,
        limit,
    )
    return sorted(job for (job,) in taken)
