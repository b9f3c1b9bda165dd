"""Queries on what a queued job waits for: the nodes that are alive, their slots, the jobs before it."""

from collections.abc import Mapping
from dataclasses import dataclass

from avio.db import turns, uses
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


def busy() -> list[tuple[str, int]]:
    """Return the users whose jobs nodes have, and how many; those with most come first."""
    found = rows(
        "SELECT u.name, held.jobs FROM {held_by_user} JOIN users u ON u.uid = held.uid ORDER BY held.jobs DESC, u.name"
        " LIMIT 1000"
    )
    return [(name, int(jobs)) for name, jobs in found]


def positions(jobs: Mapping[str, int]) -> dict[str, int]:
    """Return how many jobs come before each of some due ones, in the order in which nodes claim. `jobs` have their uid.

    Jobs that a limit or a free job keeps from starting are counted, too.
    """
    uids = set(jobs.values())
    own = rows(
        "SELECT id, uid, nth FROM (SELECT id, uid, row_number() OVER (PARTITION BY uid ORDER BY priority DESC, run_at,"  # noqa: S608 - made of constants
        " id) - 1 AS nth FROM jobs {by_turn} WHERE state = 'queued' AND run_at <= {now}"
        f" AND uid IN ({', '.join('?' * len(uids))})) AS mine WHERE id IN ({', '.join('?' * len(jobs))})",
        *uids,
        *jobs,
    )
    queue = turns.queue()
    order, _ = turns.present({part.uid for part in queue})
    found = ((job, order.jobs_before(queue, uid, nth)) for job, uid, nth in own)
    return {job: before for job, before in found if before is not None}
