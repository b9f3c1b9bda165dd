"""Queries on deliveries: the ends of jobs that are told to webhooks. A trigger adds them, the aggregator sends them.

A try has a lease on its row. A second aggregator leaves the row alone until the lease is over: then the first is dead.
"""

from dataclasses import dataclass

from avio.db.connection import transaction
from avio.db.order_models import Delivery
from avio.db.sql import change, now, row

# Deliveries of one user that are under way at once: a slow receiver must not keep all others waiting.
OF_ONE_USER = 2

_HELD = "(SELECT count(*) FROM deliveries h WHERE h.held_until IS NOT NULL AND h.held_until > ? AND h.uid = {uid}) < ?"

_DUE = (
    "SELECT job_id, tries, uid FROM deliveries d WHERE d.next_at IS NOT NULL AND d.next_at <= ?"  # noqa: S608 - constants
    f" AND (d.held_until IS NULL OR d.held_until <= ?) AND {_HELD.format(uid='d.uid')} ORDER BY d.next_at LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that the caller tries now, for the `tries`th time."""

    job: str
    tries: int


@dataclass(frozen=True, slots=True)
class Tried:
    """How a try went: where it went, the status of the reply if one came, and why it failed; "" if it did not."""

    url: str | None
    code: int | None = None
    error: str = ""


def claim(lease: float) -> Claimed | None:
    """Take the most urgent due delivery for `lease` seconds. Return None if none is due, or its user has enough."""
    time = now()
    due = time, time, time, OF_ONE_USER
    if row(_DUE, *due) is None:  # mostly: without SQLite's lock
        return None
    with transaction():
        found = row(f"{_DUE} {{skip_locked}}", *due)
        if found is None:
            return None
        job, tries, uid = found
        row("SELECT 1 FROM users WHERE uid = ? {alone}", uid)  # claims of one user's deliveries come one by one
        taken = change(
            f"UPDATE deliveries SET held_until = ?, tries = tries + 1 WHERE job_id = ? AND tries = ?"  # noqa: S608 - made of constants
            f" AND {_HELD.format(uid='?')}",
            time + lease,
            job,
            tries,
            time,
            uid,
            OF_ONE_USER,
        )
    return Claimed(job, tries + 1) if taken else None


def settle(claimed: Claimed, tried: Tried, again_in: float | None) -> bool:
    """Record how a try went. After `again_in` seconds comes the next one; None: no more.

    Return False if a later try has begun meanwhile.
    """
    goes_on = again_in is not None
    changed = change(
        "UPDATE deliveries SET held_until = NULL, url = ?, code = ?, error = ?, delivered = ?,"
        " next_at = CASE WHEN ? THEN {now} + ? END, ended_at = CASE WHEN ? THEN NULL ELSE {now} END"
        " WHERE job_id = ? AND tries = ? AND next_at IS NOT NULL",
        tried.url,
        tried.code,
        tried.error,
        not tried.error,
        goes_on,
        again_in or 0.0,
        goes_on,
        claimed.job,
        claimed.tries,
    )
    return changed > 0


def page(uid: int, size: int, after: str | None = None, job: str | None = None) -> list[Delivery]:
    """Return up to `size` deliveries of a user, newest job first, of jobs older than `after`; or the one of `job`."""
    query = Delivery.select().where(Delivery.uid == uid).order_by(Delivery.job_id.desc()).limit(size)
    if job is not None:
        query = query.where(Delivery.job_id == job)
    return list(query if after is None else query.where(Delivery.job_id < after))


def forget(age: float, limit: int) -> int:
    """Delete up to `limit` deliveries that ended `age` seconds ago or earlier. Return the number."""
    return change(
        "DELETE FROM deliveries WHERE job_id IN (SELECT job_id FROM deliveries"
        " WHERE ended_at IS NOT NULL AND ended_at <= ? ORDER BY ended_at LIMIT ? {skip_locked})",
        now() - age,
        limit,
    )
