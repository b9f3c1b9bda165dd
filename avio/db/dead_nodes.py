"""Queries on dead nodes and their jobs. Used by the aggregator. Any number of reapers may run."""

from avio.db.leases import Held
from avio.db.sql import change, rows


def orphans(grace: float, limit: int = 500) -> list[Held]:
    """Return jobs whose node's lease ended `grace` seconds ago, or whose node began another epoch without them.

    If another supervisor began it, the lease of the earlier one counts: its processes may live so long.
    """
    found = rows(
        "SELECT j.id, j.attempt, j.state, j.cancel_at IS NOT NULL FROM jobs j"
        " WHERE j.state IN {owned} AND NOT EXISTS"
        " (SELECT 1 FROM nodes n WHERE n.name = j.node AND ((n.epoch = j.node_epoch AND n.lease_until > {now} - ?)"
        " OR (n.epoch > j.node_epoch AND n.older_until > {now} - ?)))"
        " ORDER BY j.id LIMIT ?",
        grace,
        grace,
        limit,
    )
    return [Held(job, attempt, state, bool(cancelled)) for job, attempt, state, cancelled in found]


def mark_lost(grace: float) -> int:
    """Mark nodes as lost if their lease ended `grace` seconds ago. Their epoch can no longer renew."""
    return change("UPDATE nodes SET state = 'lost' WHERE state <> 'lost' AND lease_until <= {now} - ?", grace)
