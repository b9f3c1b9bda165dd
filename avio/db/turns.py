"""Queries on whose turn it is: users with their weights, turns and limits, and the jobs that nodes have.

Used by claims, which change turns, and to say what a queued job waits for.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from avio.db.connection import is_sqlite
from avio.db.fair_order import FairOrder, Part, Standing, Turns, parts, start
from avio.db.sql import change, row, rows
from avio.wire.job_limits import JobLimits, Owner, Running
from avio.wire.paths import ancestors, is_under

# A claim has the lock of all claims for some milliseconds. PostgreSQL ends one whose process was frozen.
FROZEN_SECONDS = 3

USERS_AT_A_TIME = 50

_BELOW = "substr(j.path, 1, ?)"


def lock() -> Turns:
    """Let the claims of all nodes come one by one until the end of the transaction. Return the present turns."""
    if not is_sqlite():
        change(f"SET LOCAL idle_in_transaction_session_timeout = '{FROZEN_SECONDS}s'")
    return _now("{alone}")


def _now(lock: str = "") -> Turns:
    found = row(f"SELECT turn, urgent_turn FROM fair_order WHERE id = 1 {lock}")  # noqa: S608 - made of constants
    assert found is not None
    return Turns(*found)


def limits() -> JobLimits:
    """Return the limits of running jobs: the strictest of the nodes that are alive."""
    return JobLimits.from_json(text for (text,) in rows("SELECT job_limits FROM nodes WHERE lease_until > {now}"))


def running(within: JobLimits) -> Running:
    """Return the jobs that nodes have, counted for these limits."""
    found = rows(
        "SELECT u.name, u.group_name, j.path, count(*) FROM jobs j JOIN users u ON u.uid = j.uid"
        " WHERE j.state IN {owned} GROUP BY u.name, u.group_name, j.path"
    )
    return Running(within, found)


def not_on(mount: str, mounts: Collection[str]) -> tuple[str, list[str | int]]:
    """Return a condition on `j`, and its values: the job does not use `mount`, one of `mounts`. A file list may."""
    at_or_above = ancestors(mount)
    nested = [other for other in mounts if other != mount and is_under(other, mount)]
    beside = "".join(f" AND j.path <> ? AND {_BELOW} <> ?" for _ in nested)
    condition = f"NOT (j.path IS NULL OR j.path IN ({', '.join('?' * len(at_or_above))}) OR ({_BELOW} = ?{beside}))"
    return condition, [*at_or_above, *_below(mount), *(value for other in nested for value in (other, *_below(other)))]


def _below(mount: str) -> tuple[int, str]:
    stem = f"{mount.rstrip('/')}/"
    return len(stem), stem


@dataclass(frozen=True, slots=True)
class Starting:
    """A job that is about to start: its path and priority, and the user with limits and standing."""

    path: str | None
    priority: int
    uid: int
    owner: Owner
    standing: Standing


def starting(job: str) -> Starting | None:
    """Return a job that is about to start. None if there is no such job, or another transaction changes it now.

    Nobody waits for that transaction, whose process may be frozen: all claims would wait.
    """
    found = row(
        "SELECT j.path, j.priority, u.uid, u.name, u.group_name, u.jobs_max, g.jobs_max, coalesce(t.turn, 0),"
        " coalesce(t.urgent_turn, 0), CASE WHEN g.name IS NULL THEN u.weight ELSE 1.0 * u.weight * g.weight /"
        " (SELECT sum(o.weight) FROM users o WHERE o.group_name = g.name AND EXISTS"
        " (SELECT 1 FROM jobs WHERE jobs.uid = o.uid AND jobs.state IN {unfinished})) END"
        " FROM jobs j JOIN users u ON u.uid = j.uid LEFT JOIN user_groups g ON g.name = u.group_name"
        " LEFT JOIN turns t ON t.uid = u.uid WHERE j.id = ? {skip_locked_j}",
        job,
    )
    if found is None:
        return None
    path, priority, uid, name, group, jobs_max, group_max, turn, urgent, weight = found
    standing = Standing(float(weight or 1), Turns(turn, urgent))
    return Starting(path, priority, uid, Owner(name, group, jobs_max, group_max), standing)


def may_start(job: Starting) -> bool:
    """Return True if no limit keeps a job from starting. Call `lock` before: no other job starts meanwhile."""
    within = limits()
    return not within.hold(job.owner) or running(within).reached(job.owner, job.path) is None


def charge(job: Starting, now: Turns) -> None:
    """Count the start of a job against the turn of its user. `now` is what `lock` returned in this transaction."""
    turns, after = start(job.standing, now, job.priority)
    change(
        "INSERT INTO turns (uid, turn, urgent_turn) VALUES (?, ?, ?)"
        " ON CONFLICT (uid) DO UPDATE SET turn = excluded.turn, urgent_turn = excluded.urgent_turn",
        job.uid,
        turns.others,
        turns.urgent,
    )
    if after != now:
        change("UPDATE fair_order SET turn = ?, urgent_turn = ? WHERE id = 1", after.others, after.urgent)


def first_of_each(
    limit: int, without: Collection[str] = (), condition: str = "", values: Sequence[str | int] = ()
) -> list[tuple[str, int, int, float, str | None]]:
    """Return id, uid, priority, run_at and path of the first `limit` due jobs of each user, in the user's own order.

    Jobs of `without` are left out, and those that a `condition` on `j` with some `values` is not true of. However many
    jobs wait, the index gives the first ones of each user.
    """
    users = [uid for (uid,) in rows(_WAITING_USERS)]
    refused = f"WITH refused (id) AS (VALUES {', '.join(['(?)'] * len(without))}) " if without else ""
    part = (
        "SELECT * FROM (SELECT j.id, j.uid, j.priority, j.run_at, j.path FROM jobs j {by_turn} WHERE j.uid = ?"  # noqa: S608 - made of constants
        f" AND j.state = 'queued' AND j.run_at <= {{now}}{f' AND {condition}' if condition else ''}"
        f"{' AND j.id NOT IN (SELECT id FROM refused)' if without else ''}"
        " ORDER BY j.priority DESC, j.run_at, j.id LIMIT ?) AS of_user"
    )
    found: list[tuple[str, int, int, float, str | None]] = []
    for begin in range(0, len(users), USERS_AT_A_TIME):
        some = users[begin : begin + USERS_AT_A_TIME]
        of_users = (value for uid in some for value in (uid, *values, limit))
        found += rows(refused + " UNION ALL ".join([part] * len(some)), *without, *of_users)
    return sorted(found, key=lambda job: (job[1], -job[2], job[3], job[0]))


# The users with queued jobs: the index is read once for each of them.
_WAITING_USERS = (
    "WITH RECURSIVE waiting (uid) AS (SELECT min(uid) FROM jobs {by_turn} WHERE state = 'queued' UNION ALL"
    " SELECT (SELECT min(uid) FROM jobs {by_turn} WHERE state = 'queued' AND uid > waiting.uid) FROM waiting"
    " WHERE uid IS NOT NULL) SELECT uid FROM waiting WHERE uid IS NOT NULL"
)


def queue() -> list[Part]:
    """Return the due queued jobs, by user and priority."""
    return parts(
        rows(
            "SELECT uid, priority, min(run_at), count(*) FROM jobs {by_turn} WHERE state = 'queued' AND run_at <= {now}"
            " GROUP BY uid, priority ORDER BY uid, priority DESC"
        )
    )


def present(waiting: Collection[int]) -> tuple[FairOrder, Mapping[int, Owner]]:
    """Return the fair order for the users with running jobs and those `waiting`, and these users, by uid."""
    found = _users(waiting)
    slots = row("SELECT coalesce(sum(slots), 0) FROM nodes WHERE state = 'active' AND lease_until > {now}")
    assert slots is not None
    order = FairOrder(_now(), int(slots[0]), {uid: standing for uid, (_, standing) in found.items()})
    return order, {uid: owner for uid, (owner, _) in found.items()}


def _users(waiting: Collection[int]) -> dict[int, tuple[Owner, Standing]]:
    """Return the users with running jobs and those `waiting`, by uid."""
    marks = ", ".join("?" * len(waiting)) or "NULL"
    found = rows(
        "SELECT u.uid, u.name, u.group_name, u.jobs_max, g.jobs_max, u.weight, g.weight, coalesce(t.turn, 0),"  # noqa: S608 - made of constants
        " coalesce(t.urgent_turn, 0), coalesce(held.jobs, 0) FROM users u LEFT JOIN {held_by_user} ON held.uid = u.uid"
        " LEFT JOIN user_groups g ON g.name = u.group_name LEFT JOIN turns t ON t.uid = u.uid"
        f" WHERE held.jobs > 0 OR u.uid IN ({marks})",
        *waiting,
    )
    in_group: Counter[str | None] = Counter()
    for _, _, group, _, _, weight, *_ in found:
        in_group[group] += weight
    return {
        uid: (
            Owner(name, group, jobs_max, group_max),
            Standing(weight if group is None else of_group * weight / in_group[group], Turns(turn, urgent), held),
        )
        for uid, name, group, jobs_max, group_max, weight, of_group, turn, urgent, held in found
    }
