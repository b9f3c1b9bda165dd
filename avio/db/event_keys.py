"""Queries on the keys by which attempts sign their events. Used by aggregator and web, who read the stream."""

from collections.abc import Collection

from avio.db.sql import rows


def of_jobs(jobs: Collection[str]) -> dict[tuple[str, int], str]:
    """Return the key of each attempt of `jobs` (at most 1,000), "" for one without; by job and number."""
    marks = ", ".join("?" * len(jobs))
    found = rows(f"SELECT job_id, attempt, event_key FROM attempts WHERE job_id IN ({marks})", *jobs)  # noqa: S608
    return {(job, attempt): key or "" for job, attempt, key in found}
