"""Queries on the room of the tiers: what they have, what running jobs were promised, what queued jobs need.

Used by intake, which reports the tiers of its node, by claims, and by web to say what a job waits for.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from avio.db.sql import change, rows

# The figures of tiers that nobody has reported for so long say nothing.
OLD_SECONDS = 60.0
_IS_NEW = f"t.seen_at > {{now}} - {OLD_SECONDS}"

# Of a queued job `j`: it found no room, and no tier has as much now. What is unknown keeps no job from its next look.
HAS_ROOM = (
    f"(j.room_bytes IS NULL OR NOT EXISTS (SELECT 1 FROM tiers t WHERE {_IS_NEW})"  # noqa: S608 - made of constants
    f" OR EXISTS (SELECT 1 FROM tiers t WHERE {_IS_NEW} AND t.free >= j.room_bytes"
    " AND (j.room_tier IS NULL OR j.room_tier = t.name)))"
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
    """The room that a job has not found: bytes, on one tier or on any."""

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
    """Note the room that a queued job waits for, if any. The time of the first note stays."""
    if wanted is None:
        return
    change(
        "UPDATE jobs SET room_bytes = ?, room_tier = ?, room_since = coalesce(room_since, {now})"
        " WHERE id = ? AND state = 'queued'",
        wanted.bytes,
        wanted.tier,
        job,
    )
