"""Queries on the room of the tiers: what they have, what running jobs were promised, what queued jobs need.

Used by intake, which reports the tiers of its node, by claims, and by web to say what a job waits for.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from avio.db.sql import change, rows
from avio.wire.results import ALL_TIERS

# The figures of tiers that nobody has reported for so long say nothing.
OLD_SECONDS = 60.0

# Of a queued job `j`: it found no room, and no tier has as much now. What is unknown keeps no job from its next look.
HAS_ROOM = (
    "(j.room_bytes IS NULL OR NOT EXISTS (SELECT 1 FROM tiers t WHERE t.seen_at > {now} - 60.0)"  # noqa: S608 - made of constants
    " OR EXISTS (SELECT 1 FROM tiers t WHERE t.seen_at > {now} - 60.0 AND t.free >= j.room_bytes"
    " AND (j.room_tier IS NULL OR j.room_tier = t.name))"
    f" OR (j.room_tier = '{ALL_TIERS}' AND j.room_bytes <="
    " (SELECT coalesce(sum(t.free), 0) FROM tiers t WHERE t.seen_at > {now} - 60.0)))"
)

# The same job needs less than it did if another preload has brought files of it since its look; and what it waits for
# may never come, of which it alone can tell its user. So it looks again after such an end, and after 600 s at most.
LOOKS_AGAIN = (
    "EXISTS (SELECT 1 FROM attempts a WHERE a.job_id = j.id AND a.attempt = j.attempt"
    " AND (a.ended_at <= {now} - 600.0 OR EXISTS (SELECT 1 FROM jobs o WHERE o.finished_at >= a.ended_at AND o.type = 1"
    " AND (j.path IS NULL OR o.path IS NULL OR j.path = o.path OR '/' IN (j.path, o.path)"
    " OR substr(j.path, 1, length(o.path) + 1) = o.path || '/'"
    " OR substr(o.path, 1, length(j.path) + 1) = j.path || '/'))))"
)


@dataclass(frozen=True, slots=True)
class TierRoom:
    """The bytes of a tier of the local engine, as a node has reported them."""

    alias: str
    capacity: int
    used: int
    reserved: int
    free: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """The room that a job has not found: bytes, on one tier, on any, or on ALL_TIERS together."""

    bytes: int
    tier: str | None


def report(tiers: Sequence[TierRoom]) -> None:
    """Set the figures of tiers that are registered."""
    for tier in tiers:
        change(
            "UPDATE tiers SET capacity = ?, used = ?, reserved = ?, free = ?, seen_at = {now} WHERE name = ?",
            tier.capacity,
            tier.used,
            tier.reserved,
            tier.free,
            tier.alias,
        )


def figures() -> list[TierRoom]:
    """Return the figures that are not old, by alias."""
    found = rows(
        "SELECT name, capacity, used, reserved, free FROM tiers WHERE seen_at > {now} - ? ORDER BY name LIMIT 1000",
        OLD_SECONDS,
    )
    return [TierRoom(alias, *map(int, values)) for alias, *values in found]


def promised() -> dict[str, dict[str, int]]:
    """Return what running jobs were promised: bytes by alias, by job."""
    found = rows("SELECT id, reserved FROM jobs WHERE state IN {owned} AND reserved IS NOT NULL LIMIT 1000")
    return {job: json.loads(text) for job, text in found}


def want(job: str, wanted: Wanted | None) -> None:
    """Note the room that a queued job waits for, if any. The time of the first note stays.

    Without any, forget what it waited for before: it had found that, or looks anew.
    """
    if wanted is None:
        change(
            "UPDATE jobs SET room_bytes = NULL, room_tier = NULL, room_since = NULL"
            " WHERE id = ? AND room_bytes IS NOT NULL",
            job,
        )
        return
    change(
        "UPDATE jobs SET room_bytes = ?, room_tier = ?, room_since = coalesce(room_since, {now})"
        " WHERE id = ? AND state = 'queued'",
        wanted.bytes,
        wanted.tier,
        job,
    )
