"""Queries by which a node takes a job: due jobs, the claim (T3), the start (T4). Used by intake."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from avio.db import rooms, turns, uses
from avio.db.connection import transaction
from avio.db.fair_order import parts
from avio.db.kept_slots import kept_slots
from avio.db.sql import change, row, rows
from avio.wire.limits import NO_LIMITS, Limits

JOBS_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Claim:
    """An attempt that this node runs. `bytes_wire` is what earlier attempts moved; `limits` are the present ones.

    `room_waited` is for how many seconds it has waited for room, `trace` the traceparent of its request.
    """

    job: str
    attempt: int
    uid: int
    type: int
    params: str
    bytes_wire: int
    limits: Limits = NO_LIMITS
    room_waited: float = 0.0
    trace: str | None = None


def due(limit: int, without: Collection[str] = ()) -> list[str]:
    """Return up to `limit` due queued jobs, in the order in which nodes claim, but those `without`.

    The order is that of `avio.db.fair_order`: try one after the other. Jobs that a limit keeps from starting are left
    out. A preload is not due while a free job drops files of it: it would find in place what is dropped a moment later.
    A job that found no room is not due before a tier has as much, or it is time for another look. One that needs slots
    on several mounts with a limit has one kept on each in the end.
    """
    running = turns.running(limits := turns.limits())
    conditions, values = [rooms.MAY_LOOK] if rooms.any_waits() else [], []
    for mount in running.full_mounts():
        condition, its_values = turns.not_on(mount, limits.mounts)
        conditions.append(condition)
        values += its_values
    if (kept := kept_slots(limits, running)) is not None:
        for mount in kept.mounts:
            condition, its_values = turns.not_on(mount, limits.mounts)
            conditions.append(f"(j.id = ? OR j.priority > ? OR {condition})")
            values += [kept.job, kept.priority, *its_values]
    if row("SELECT 1 FROM jobs WHERE state IN {owned} AND type = 4 LIMIT 1") is not None:
        conditions.append(f"NOT EXISTS (SELECT 1 FROM jobs f WHERE {uses.FREED_BY})")  # noqa: S608 - made of constants
    queue: dict[tuple[int, int], list[tuple[str, float, str | None]]] = {}
    for job, uid, priority, run_at, path in turns.first_of_each(limit, without, " AND ".join(conditions), values):
        queue.setdefault((uid, priority), []).append((job, run_at, path))
    order, owners = turns.present({uid for uid, _ in queue})
    first = parts((uid, priority, jobs[0][1], len(jobs)) for (uid, priority), jobs in queue.items())
    keys = [
        (order.key(part, nth), job)
        for part, jobs in zip(first, queue.values(), strict=True)
        for nth, (job, _, path) in enumerate(jobs)
        if running.reached(owners[part.uid], path) is None
    ]
    return [job for _, job in sorted(keys)[:limit]]


def request(job: str) -> tuple[int, str] | None:
    """Return type and params of a job, or None if there is no such job."""
    found = row("SELECT type, params FROM jobs WHERE id = ?", job)
    return None if found is None else (found[0], found[1])


def unfinished(jobs: Sequence[str]) -> set[str]:
    """Return those of `jobs` that have not ended."""
    found: set[str] = set()
    for begin in range(0, len(jobs), JOBS_AT_A_TIME):
        some = jobs[begin : begin + JOBS_AT_A_TIME]
        marks = ", ".join("?" * len(some))
        query = "SELECT id FROM jobs WHERE state IN {unfinished} AND id IN (" + marks + ")"  # noqa: S608 - made of constants
        found.update(job for (job,) in rows(query, *some))
    return found


def explain(job: str, message: str) -> None:
    """Say why a job is still queued. A claim empties the message."""
    change(
        "UPDATE jobs SET message = ?, version = version + 1, updated_at = {now}"
        " WHERE id = ? AND state = 'queued' AND message <> ?",
        message,
        job,
        message,
    )


def claim(job: str, node: str, epoch: int, event_key: str | None = None) -> Claim | None:
    """T3: queued to starting, attempt + 1; the start counts against the turn of the user.

    Return None if another node was first, this node's lease is over, or a limit of running jobs is reached.
    Events of the attempt are believed only if they are signed by `event_key`, if there is one.
    """
    with transaction():
        now = turns.lock()
        if (starting := turns.starting(job)) is None or not turns.may_start(starting):
            return None
        taken = row(
            "UPDATE jobs SET state = 'starting', attempt = attempt + 1, seq = 0, phase = NULL,"
            " node = ?, node_epoch = ?, started_at = coalesce(started_at, {now}), message = '', reason = NULL,"
            " {no_pace}, average_bps = NULL, phases = NULL, version = version + 1, updated_at = {now}"
            " WHERE id = ? AND state = 'queued' AND run_at <= {now} AND EXISTS"
            " (SELECT 1 FROM nodes WHERE name = ? AND epoch = ? AND state = 'active' AND lease_until > {now})"
            " RETURNING id, attempt, uid, type, params, bytes_wire,"
            " CASE WHEN room_since IS NULL THEN 0 ELSE {now} - room_since END,"
            " trace, bandwidth, concurrency",
            node,
            epoch,
            job,
            node,
            epoch,
        )
        if taken is None:
            return None
        found, attempt, uid, type_, params, bytes_wire, waited, trace, *limits = taken
        turns.charge(starting, now)
        claimed = Claim(found, attempt, uid, type_, params, bytes_wire, Limits(*limits), float(waited), trace)
        change(
            "INSERT INTO attempts (job_id, attempt, node, epoch, event_key, started_at) VALUES (?, ?, ?, ?, ?, {now})",
            claimed.job,
            claimed.attempt,
            node,
            epoch,
            event_key,
        )
    return claimed


def mark_running(job: str, attempt: int, node: str, epoch: int, pid: int, isolation: str | None = None) -> bool:
    """T4: starting to running. Return False if the attempt is no longer this node's, or is stopping."""
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
