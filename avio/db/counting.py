"""Queries by which the aggregator finds the jobs that it counts into the totals of metrics.

A job at work is counted as far as it is; what was counted of it is kept beside, so that nothing counts twice. One
that has ended has a row in `uncounted` until it is counted, by a trigger in the transaction of its end.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from avio.db.sql import change, change_many, row, rows
from avio.wire.progress import COUNTERS, Counters

AT_WORK_MOST = 5000

_COLUMNS = (
    "j.id, j.type, j.path, j.state, j.attempt, j.created_at, j.not_before, j.after_jobs IS NOT NULL, j.run_at,"
    " j.started_at, j.finished_at, t.forecasts, c.counts, {counters} FROM jobs j"
    " LEFT JOIN counted c ON c.job_id = j.id LEFT JOIN timings t ON t.job_id = j.id"
)


@dataclass(slots=True)
class ToCount:
    """A job as it is, and what of it is counted. `forecasts` and `outcomes` are those of an ended one."""

    job: str
    type: int
    path: str | None
    state: str
    attempt: int
    created_at: float
    not_before: float | None
    was_parked: bool
    run_at: float
    started_at: float | None
    finished_at: float | None
    forecasts: list[dict[str, int]]
    counted: dict[str, Any]
    counters: Counters
    outcomes: list[tuple[int, str]] = field(default_factory=list)


def alone() -> bool:
    """Return False if another transaction counts now; until the end of this one no other does."""
    found = row("SELECT {counts_alone}")
    return found is not None and bool(found[0])


def ended(limit: int) -> list[ToCount]:
    """Return jobs that have ended and are not counted, oldest first."""
    waiting = " WHERE j.id IN (SELECT job_id FROM uncounted ORDER BY job_id LIMIT ?) ORDER BY j.id"
    return _with_outcomes(rows("SELECT " + _COLUMNS + waiting, limit))


def at_work() -> list[ToCount]:
    """Return the jobs that nodes have."""
    return _with_outcomes(rows("SELECT " + _COLUMNS + " WHERE j.state IN {owned} ORDER BY j.id LIMIT ?", AT_WORK_MOST))


def _with_outcomes(found: Iterable[tuple[Any, ...]]) -> list[ToCount]:
    jobs = [_to_count(*columns) for columns in found]
    for job in jobs:
        known = int(job.counted.get("attempts", 0))
        if job.attempt - (job.finished_at is None) > known:
            job.outcomes = _outcomes(job.job, known)
    return jobs


def _outcomes(job: str, after: int) -> list[tuple[int, str]]:
    """Return number and outcome of the attempts of a job that have ended, after one."""
    found = rows(
        "SELECT attempt, outcome FROM attempts WHERE job_id = ? AND attempt > ? AND outcome IS NOT NULL"
        " ORDER BY attempt LIMIT 1000",
        job,
        after,
    )
    return [(int(number), str(outcome)) for number, outcome in found]


def _to_count(*columns: Any) -> ToCount:
    *told, forecasts, counted = columns[: -len(COUNTERS)]
    texts = json.loads(forecasts or "[]"), json.loads(counted or "{}")
    members: tuple[Any, ...] = (*told, *texts, Counters(*columns[-len(COUNTERS) :]))
    return ToCount(*members)


def keep(counts: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Keep what is counted of jobs at work."""
    change_many(
        "INSERT INTO counted (job_id, counts) VALUES (?, ?)"
        " ON CONFLICT (job_id) DO UPDATE SET counts = excluded.counts",
        [(job, json.dumps(each, sort_keys=True)) for job, each in counts],
    )


def settle(jobs: list[str]) -> None:
    """Forget ended jobs: they are counted."""
    for job in jobs:
        change("DELETE FROM uncounted WHERE job_id = ?", job)
        change("DELETE FROM counted WHERE job_id = ?", job)
