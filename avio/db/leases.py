"""Queries on nodes: a supervisor's start, its lease (T5), its leaving. Used by intake, read by the reaper and admin.

One row a heartbeat, whatever the node runs; all times are the database's own.
"""

from dataclasses import dataclass

from avio.db.connecting import transaction
from avio.db.models import Node
from avio.db.sql import change, row, rows


@dataclass(frozen=True, slots=True)
class Held:
    """A job that a node has, as the database sees it."""

    job: str
    attempt: int
    state: str
    cancelled: bool


def register(node: str, boot_id: str, slots: int, lease: float) -> int:
    """Begin a new epoch of a node, which fences all that its earlier ones wrote; return the epoch."""
    with transaction():
        found = row(
            "INSERT INTO nodes (name, epoch, boot_id, state, slots, lease_until, started_at, seen_at)"
            " VALUES (?, 1, ?, 'active', ?, {now} + ?, {now}, {now})"
            " ON CONFLICT (name) DO UPDATE SET epoch = nodes.epoch + 1, boot_id = excluded.boot_id, state = 'active',"
            " slots = excluded.slots, lease_until = excluded.lease_until, started_at = excluded.started_at,"
            " seen_at = excluded.seen_at RETURNING epoch",
            node,
            boot_id,
            slots,
            lease,
        )
    assert found is not None
    return int(found[0])


def renew(node: str, epoch: int, lease: float) -> bool:
    """T5: hold the node's jobs for another `lease` seconds; False when the epoch is over or the node was given up."""
    return (
        change(
            "UPDATE nodes SET lease_until = {now} + ?, seen_at = {now}"
            " WHERE name = ? AND epoch = ? AND state <> 'lost'",
            lease,
            node,
            epoch,
        )
        > 0
    )


def held(node: str, epoch: int) -> list[Held]:
    """T5, read-back: the jobs that this epoch of the node has. A process that is not among them must go."""
    found = rows(
        "SELECT id, attempt, state, cancel_at IS NOT NULL FROM jobs"
        " WHERE node = ? AND node_epoch = ? AND state IN ('starting', 'running', 'stopping') LIMIT 2000",
        node,
        epoch,
    )
    return [Held(job, attempt, state, bool(cancelled)) for job, attempt, state, cancelled in found]


def held_by_older(node: str, epoch: int) -> list[Held]:
    """The jobs that earlier epochs of the node left behind: their processes died with their keeper."""
    found = rows(
        "SELECT id, attempt, state, cancel_at IS NOT NULL FROM jobs"
        " WHERE node = ? AND node_epoch < ? AND state IN ('starting', 'running', 'stopping') LIMIT 2000",
        node,
        epoch,
    )
    return [Held(job, attempt, state, bool(cancelled)) for job, attempt, state, cancelled in found]


def drain(node: str, epoch: int) -> None:
    """The node takes no further job; what it runs is its own until it ends."""
    change("UPDATE nodes SET state = 'draining' WHERE name = ? AND epoch = ? AND state = 'active'", node, epoch)


def all_nodes() -> list[Node]:
    """Return every node that ever was, by name."""
    return list(Node.select().order_by(Node.name).limit(1000))


def live_attempts() -> set[str]:
    """Return `<job>.<attempt>` of every attempt that some node has: what a sweep of temporaries must leave alone."""
    found = rows("SELECT id, attempt FROM jobs WHERE state IN ('starting', 'running', 'stopping') LIMIT 100000")
    return {f"{job}.{attempt}" for job, attempt in found}
