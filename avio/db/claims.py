"""Queries by which a node takes a job: what is due, the claim (T3), the process is up (T4). Used by intake."""

from dataclasses import dataclass

from avio.db.connecting import transaction
from avio.db.sql import change, row, rows


@dataclass(frozen=True, slots=True)
class Claim:
    """An attempt that is this node's to run."""

    job: str
    attempt: int
    uid: int
    type: int
    params: str


def due(limit: int) -> list[str]:
    """Return up to `limit` queued jobs whose time has come, oldest first: what a node polls for without hints."""
    found = rows(
        "SELECT id FROM jobs WHERE state = 'queued' AND run_at <= {now} ORDER BY run_at, id LIMIT ? {skip_locked}",
        limit,
    )
    return [job for (job,) in found]


def claim(job: str, node: str, epoch: int) -> Claim | None:
    """T3: queued to starting, one attempt further; None when somebody else was first or the node's lease is over."""
    with transaction():
        taken = row(
            "UPDATE jobs SET state = 'starting', attempt = attempt + 1, seq = 0, phase = NULL,"
            " node = ?, node_epoch = ?, started_at = coalesce(started_at, {now}), message = '', reason = NULL,"
            " speed_bps = 0, version = version + 1, updated_at = {now}"
            " WHERE id = ? AND state = 'queued' AND run_at <= {now} AND EXISTS"
            " (SELECT 1 FROM nodes WHERE name = ? AND epoch = ? AND state = 'active' AND lease_until > {now})"
            " RETURNING id, attempt, uid, type, params",
            node,
            epoch,
            job,
            node,
            epoch,
        )
        if taken is None:
            return None
        claimed = Claim(*taken)
        change(
            "INSERT INTO attempts (job_id, attempt, node, epoch, started_at) VALUES (?, ?, ?, ?, {now})",
            claimed.job,
            claimed.attempt,
            node,
            epoch,
        )
    return claimed


def mark_running(job: str, attempt: int, node: str, epoch: int, pid: int, isolation: str | None = None) -> bool:
    """T4: starting to running; False when the attempt is no longer this node's, or was asked to stop meanwhile."""
    with transaction():
        change(
            "UPDATE attempts SET pid = ?, isolation = ? WHERE job_id = ? AND attempt = ?", pid, isolation, job, attempt
        )
        changed = change(
            "UPDATE jobs SET state = 'running', version = version + 1, updated_at = {now}"
            " WHERE id = ? AND attempt = ? AND node = ? AND node_epoch = ? AND state = 'starting'",
            job,
            attempt,
            node,
            epoch,
        )
    return changed > 0
