"""Queries on the jobs that queued jobs wait for. Used by web, which adds them, and by the aggregator.

A job that waits has a `run_at` beyond all times, so that no node claims it, whatever its version. A row of
`predecessors` is a condition that is not met yet. `settle` looks at the rows of jobs and nothing else: it may run at
any time and any number of times.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from avio.db.connection import transaction
from avio.db.order_models import Predecessor
from avio.db.sql import change, change_many, row, rows
from avio.wire.after import After

# The `run_at` of a job that waits for others: no clock gets there, and no calendar has the year.
PARKED = 1e15

# A row of `p` is met: its job has ended as it had to.
_MET = "(a.finished_at IS NOT NULL AND (NOT p.must_succeed OR a.state = 'succeeded'))"

# A job that waits, and no longer for another.
_FREE = (
    f"state = 'queued' AND run_at >= {PARKED} AND NOT EXISTS (SELECT 1 FROM predecessors p WHERE p.job_id = jobs.id)"  # noqa: S608 - made of constants
)


@dataclass(frozen=True, slots=True)
class Hopeless:
    """A queued job that can't begin: `predecessor` had to succeed, and ended as `state`."""

    job: str
    predecessor: str
    state: str


def add(job: str, after: Sequence[After]) -> None:
    """Let a new job wait for others, whose rows the caller's transaction has locked against deletion."""
    for one in after:
        Predecessor.create(job_id=job, predecessor=one.job, must_succeed=one.must_succeed)


def open_of(jobs: Sequence[str]) -> dict[str, list[After]]:
    """Return what some jobs still wait for; jobs that wait for none are left out."""
    found: dict[str, list[After]] = {}
    marks = ", ".join("?" * len(jobs))
    for job, predecessor, must_succeed in rows(
        "SELECT job_id, predecessor, must_succeed FROM predecessors"  # noqa: S608 - made of constants
        f" WHERE job_id IN ({marks}) ORDER BY job_id, predecessor",
        *jobs,
    ):
        found.setdefault(job, []).append(After(predecessor, bool(must_succeed)))
    return found


def waited_for(jobs: Sequence[str]) -> set[str]:
    """Return those of `jobs` that a job waits for."""
    marks = ", ".join("?" * len(jobs))
    found = rows(f"SELECT DISTINCT predecessor FROM predecessors WHERE predecessor IN ({marks})", *jobs)  # noqa: S608 - the same
    return {job for (job,) in found}


def settle(limit: int = 500) -> int:
    """Remove up to `limit` conditions that are met, or whose job has ended; queue the jobs that have none left.

    Return the number of these jobs.
    """
    met = rows(
        "SELECT p.job_id, p.predecessor FROM predecessors p JOIN jobs a ON a.id = p.predecessor"  # noqa: S608 - the same
        f" JOIN jobs j ON j.id = p.job_id WHERE {_MET} OR j.finished_at IS NOT NULL LIMIT ?",
        limit,
    )
    if met:
        with transaction():
            change_many("DELETE FROM predecessors WHERE job_id = ? AND predecessor = ?", met)
    if row(f"SELECT 1 FROM jobs WHERE {_FREE} LIMIT 1") is None:  # noqa: S608 - the same
        return 0  # most of the time; a write would hold up other writers
    return change(
        "UPDATE jobs SET run_at = {greatest}({now}, coalesce(not_before, 0)), pushed_at = NULL,"  # noqa: S608 - the same
        f" version = version + 1, updated_at = {{now}} WHERE {_FREE}"
    )


def hopeless(limit: int = 500) -> list[Hopeless]:
    """Return jobs that wait for one that did not succeed, each with one such job; looks at up to `limit` conditions."""
    found = rows(
        "SELECT p.job_id, p.predecessor, a.state FROM predecessors p JOIN jobs a ON a.id = p.predecessor"
        " JOIN jobs j ON j.id = p.job_id WHERE p.must_succeed AND a.finished_at IS NOT NULL AND a.state <> 'succeeded'"
        " AND j.state = 'queued' ORDER BY p.job_id, p.predecessor LIMIT ?",
        limit,
    )
    return list({job: Hopeless(job, predecessor, state) for job, predecessor, state in reversed(found)}.values())


def give_up(job: str, reason: str, message: str) -> bool:
    """Cancel a queued job that waits for one that did not succeed. Return False if it no longer waits."""
    return (
        change(
            "UPDATE jobs SET state = 'cancelled', reason = ?, message = ?, finished_at = {now},"  # noqa: S608 - the same
            f" version = version + 1, updated_at = {{now}} WHERE id = ? AND state = 'queued' AND run_at >= {PARKED}",
            reason,
            message,
            job,
        )
        > 0
    )
