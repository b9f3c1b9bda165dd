"""Queries on nodes: start, lease (T5), drain. Used by intake, read by the reaper and admin.

A heartbeat writes one row, whatever the node runs. All times are the database's own.
"""

from dataclasses import dataclass

from avio.db.connection import transaction
from avio.db.models import Node
from avio.db.sql import change, row, rows
from avio.wire.job_limits import NO_JOB_LIMITS, JobLimits
from avio.wire.limits import NO_LIMITS, Limits
from avio.wire.states import JobType


@dataclass(frozen=True, slots=True)
class Held:
    """A job of a node, as in the database. `path` is None for a file list."""

    job: str
    attempt: int
    state: str
    cancelled: bool
    type: int = JobType.PRELOAD
    path: str | None = None
    limits: Limits = NO_LIMITS


# The same supervisor, begun again: while it has its spool, the one before it is dead, and so are its jobs.
_SAME = "nodes.instance = excluded.instance AND nodes.boot_id = excluded.boot_id"


def register(
    node: str, boot_id: str, instance: str, slots: int, lease: float, limits: JobLimits = NO_JOB_LIMITS
) -> int | None:
    """T5: begin a new epoch of a node, and return it. Writes of earlier epochs are refused from now on.

    Return None while another supervisor has the name and a valid lease. `instance` is the id of the spool, `limits` are
    those of running jobs in its settings.
    """
    with transaction():
        found = row(
            "INSERT INTO nodes (name, epoch, boot_id, instance, state, slots, job_limits, lease_until, started_at,"  # noqa: S608
            " seen_at) SELECT ?, coalesce(max(epoch), 0) + 1, ?, ?, 'active', ?, ?, {now} + ?, {now}, {now}"
            " FROM node_epochs WHERE true"  # or SQLite takes the next ON for that of a join
            " ON CONFLICT (name) DO UPDATE SET epoch = nodes.epoch + 1, boot_id = excluded.boot_id,"
            " instance = excluded.instance, state = 'active', slots = excluded.slots,"
            " job_limits = excluded.job_limits,"
            " lease_until = excluded.lease_until, started_at = excluded.started_at, seen_at = excluded.seen_at,"
            f" older_until = CASE WHEN {_SAME} THEN nodes.older_until"
            " ELSE {greatest}(nodes.older_until, nodes.lease_until) END"
            f" WHERE ({_SAME}) OR nodes.lease_until <= {{now}} RETURNING epoch",
            node,
            boot_id,
            instance,
            slots,
            limits.to_json(),
            lease,
        )
    return None if found is None else int(found[0])


def find(node: str) -> Node | None:
    """Return the row of a node, or None."""
    found: Node | None = Node.get_or_none(Node.name == node)
    return found


def end(node: str, epoch: int) -> None:
    """End the lease of a node that leaves and has no jobs, so that another supervisor may have the name at once."""
    change("UPDATE nodes SET lease_until = {now} WHERE name = ? AND epoch = ?", node, epoch)


def renew(node: str, epoch: int, lease: float) -> bool:
    """T5: renew the lease for `lease` seconds. Return False if the epoch is over or the node is lost."""
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
    """T5, read-back: the jobs of this epoch of the node. A process of any other job must end."""
    return _held("node_epoch = ?", node, epoch)


def held_by_older(node: str, epoch: int, grace: float) -> list[Held]:
    """Return the jobs of earlier epochs of the node whose processes are dead: they died with their keeper.

    Those of another supervisor may live until `grace` seconds after its lease; the reaper takes them back then.
    """
    dead = "(SELECT older_until FROM nodes WHERE name = jobs.node) <= {now} - ?"
    return _held(f"node_epoch < ? AND {dead}", node, epoch, grace)


def left_by_older(node: str, epoch: int) -> list[Held]:
    """Return the jobs of earlier epochs of the node, also those whose processes may live yet."""
    return _held("node_epoch < ?", node, epoch)


def _held(condition: str, node: str, *parameters: float) -> list[Held]:
    found = rows(
        "SELECT id, attempt, state, cancel_at IS NOT NULL, type, path, bandwidth, concurrency FROM jobs"  # noqa: S608 - made of constants
        f" WHERE node = ? AND {condition}"
        " AND state IN {owned} LIMIT 2000",
        node,
        *parameters,
    )
    return [
        Held(job, attempt, state, bool(cancelled), type_, path, Limits(*limits))
        for job, attempt, state, cancelled, type_, path, *limits in found
    ]


def drain(node: str, epoch: int) -> bool:
    """Drain: the node takes no more jobs, and keeps its running jobs until they end. Return False if it drains."""
    return (
        change("UPDATE nodes SET state = 'draining' WHERE name = ? AND epoch = ? AND state = 'active'", node, epoch) > 0
    )


def end_drain(node: str, epoch: int) -> None:
    """The node takes jobs again."""
    change("UPDATE nodes SET state = 'active' WHERE name = ? AND epoch = ? AND state = 'draining'", node, epoch)


def forget_lost(age: float, limit: int) -> int:
    """Delete up to `limit` lost nodes without jobs and without a heartbeat for `age` seconds. Return the number.

    The greatest of their epochs is kept: a node that comes back with an old epoch stays fenced.
    """
    with transaction():
        found = rows(
            "SELECT name, epoch FROM nodes WHERE state = 'lost' AND seen_at < {now} - ?"
            " AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.node = nodes.name AND jobs.state IN {owned})"
            " LIMIT ? {skip_locked}",
            age,
            limit,
        )
        for name, epoch in found:
            change("INSERT INTO node_epochs (epoch) VALUES (?) ON CONFLICT (epoch) DO NOTHING", epoch)
            change("DELETE FROM nodes WHERE name = ?", name)
        change("DELETE FROM node_epochs WHERE epoch < (SELECT max(epoch) FROM node_epochs)")
    return len(found)


def all_nodes() -> list[Node]:
    """Return all nodes, by name."""
    return list(Node.select().order_by(Node.name).limit(1000))


def live_attempts() -> set[str]:
    """Return `<job>.<attempt>` of every running attempt. A sweep must keep their temporaries."""
    found = rows("SELECT id, attempt FROM jobs WHERE state IN {owned} LIMIT 100000")
    return {f"{job}.{attempt}" for job, attempt in found}
