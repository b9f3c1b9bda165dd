"""Queries on what a queued job waits for: the nodes that are alive, their slots, the jobs before it."""

from dataclasses import dataclass

from avio.db import uses
from avio.db.sql import row, rows


@dataclass(frozen=True, slots=True)
class Fleet:
    """The worker nodes whose lease is valid: how many, how many take jobs, their slots, and the taken ones."""

    alive: int
    taking: int
    slots: int
    busy: int


def fleet() -> Fleet:
    """Return the nodes that are alive, by the database's clock."""
    nodes = row(
        "SELECT count(*), coalesce(sum(CASE WHEN state = 'active' THEN 1 ELSE 0 END), 0),"
        " coalesce(sum(CASE WHEN state = 'active' THEN slots ELSE 0 END), 0)"
        " FROM nodes WHERE state <> 'lost' AND lease_until > {now}"
    )
    busy = row("SELECT count(*) FROM jobs WHERE state IN {owned}")
    assert nodes is not None
    assert busy is not None
    alive, taking, slots = map(int, nodes)
    return Fleet(alive, taking, slots, int(busy[0]))


def frees(jobs: list[str]) -> dict[str, str]:
    """Return those of some preloads of which a free job drops files now, each with one such job."""
    found = rows(
        f"SELECT j.id, f.id FROM jobs j, jobs f WHERE j.id IN ({', '.join('?' * len(jobs))}) AND {uses.FREED_BY}",  # noqa: S608 - made of constants
        *jobs,
    )
    return dict(found)


def before(job: str, run_at: float, most: int) -> int:
    """Return how many due jobs come before a job, in the order in which nodes claim; `most` means that or more."""
    found = row(
        "SELECT count(*) FROM (SELECT 1 FROM jobs LEFT JOIN {held_by_user} ON held.uid = jobs.uid"
        " WHERE jobs.state = 'queued' AND jobs.run_at <= {now}"
        " AND (coalesce(held.jobs, 0), jobs.run_at, jobs.id) < ((SELECT count(*)"
        " FROM jobs WHERE state IN {owned} AND uid = (SELECT uid FROM jobs WHERE id = ?)), ?, ?) LIMIT ?) AS earlier",
        job,
        run_at,
        job,
        most,
    )
    assert found is not None
    return int(found[0])
