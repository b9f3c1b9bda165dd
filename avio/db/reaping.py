"""Queries on dead nodes, whose jobs the reaper takes back. Used by the aggregator; any number of reapers may run."""

from avio.db.leases import Held
from avio.db.sql import change, rows


def orphans(grace: float, limit: int = 500) -> list[Held]:
    """Return jobs whose node let its lease run out `grace` seconds ago, or began another epoch without them."""
    found = rows(
        "SELECT j.id, j.attempt, j.state, j.cancel_at IS NOT NULL FROM jobs j"
        " WHERE j.state IN ('starting', 'running', 'stopping') AND NOT EXISTS"
        " (SELECT 1 FROM nodes n WHERE n.name = j.node AND n.epoch = j.node_epoch AND n.lease_until > {now} - ?)"
        " ORDER BY j.id LIMIT ?",
        grace,
        limit,
    )
    return [Held(job, attempt, state, bool(cancelled)) for job, attempt, state, cancelled in found]


def mark_lost(grace: float) -> int:
    """Give up the nodes whose lease ran out `grace` seconds ago: their epoch can no longer renew."""
    return change("UPDATE nodes SET state = 'lost' WHERE state <> 'lost' AND lease_until <= {now} - ?", grace)
