"""Queries on the room of the tiers: what they have, what running jobs were promised, what queued jobs need.

Used by intake, which reports the tiers of its node, by claims, and by web to say what a job waits for.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from avio.db.sql import change, row, rows
from avio.db.uses import paths_meet
from avio.wire.results import ALL_TIERS

# The figures of tiers that nobody has reported for so long say nothing.
OLD_SECONDS = 60.0
_IS_NEW = f"t.seen_at > {{now}} - {OLD_SECONDS}"

# `o` is another preload that may load files of the job `j`. A file list may name all paths.
_MAY_OVERLAP = f"o.type = 1 AND o.id <> j.id AND (j.path IS NULL OR o.path IS NULL OR {paths_meet('o')})"

_BEGAN = "(SELECT a.started_at FROM attempts a WHERE a.job_id = j.id AND a.attempt = j.attempt)"

# Of a job `j`: such a preload has ended since the last attempt of `j` began, so that `j` may need less than it found.
_MAY_NEED_LESS = f"EXISTS (SELECT 1 FROM jobs o WHERE {_MAY_OVERLAP} AND o.finished_at >= {_BEGAN})"  # noqa: S608 - made of constants

_FITS = (
    f"(NOT EXISTS (SELECT 1 FROM tiers t WHERE {_IS_NEW})"  # noqa: S608 - made of constants
    f" OR EXISTS (SELECT 1 FROM tiers t WHERE {_IS_NEW} AND t.free >= j.room_bytes"
    " AND (j.room_tier IS NULL OR j.room_tier = t.name))"
    f" OR (j.room_tier = '{ALL_TIERS}' AND j.room_bytes <="
    f" (SELECT coalesce(sum(t.free), 0) FROM tiers t WHERE {_IS_NEW})))"
)

# What a job waits for may never come, of which it alone can tell its user.
_HAS_RESTED = (
    "EXISTS (SELECT 1 FROM attempts a WHERE a.job_id = j.id AND a.attempt = j.attempt AND a.ended_at <= {now} - 600.0)"
)

# Of a queued job `j`: it found no room, and no tier has as much now. What is unknown keeps no job from its next look.
MAY_LOOK = f"(j.room_bytes IS NULL OR {_FITS} OR {_MAY_NEED_LESS} OR {_HAS_RESTED})"

# Of a job `j` that did not fit: others load, have loaded meanwhile or are about to load files that it counts as its
# own. One that has just found no room itself is about to.
_RUNS = "o.state IN {owned}"
_OTHERS_RUN = f"EXISTS (SELECT 1 FROM jobs o WHERE {_MAY_OVERLAP} AND {_RUNS})"  # noqa: S608 - constants
_OTHERS_LOAD = (
    f"EXISTS (SELECT 1 FROM jobs o WHERE {_MAY_OVERLAP} AND ({_RUNS} OR o.finished_at >= {_BEGAN}"  # noqa: S608
    " OR (o.state = 'queued' AND o.room_since > {now} - 60.0)))"
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


def any_waits() -> bool:
    """Return True if a queued job waits for room."""
    return row("SELECT 1 FROM jobs WHERE state = 'queued' AND room_bytes IS NOT NULL LIMIT 1") is not None


def others_load(job: str) -> bool:
    """Return True if a preload that did not fit may need less once others have ended, which load files of it."""
    return row(f"SELECT 1 FROM jobs j WHERE j.id = ? AND {_OTHERS_LOAD}", job) is not None  # noqa: S608 - constants


def others_run(job: str) -> bool:
    """Return True while nodes have other preloads that may load files of `job`."""
    return row(f"SELECT 1 FROM jobs j WHERE j.id = ? AND {_OTHERS_RUN}", job) is not None  # noqa: S608 - constants


def may_need_less(jobs: Collection[str]) -> set[str]:
    """Return those of `jobs` that look again whatever room there is: others have loaded files of theirs since."""
    marks = ", ".join("?" * len(jobs))
    found = rows(f"SELECT j.id FROM jobs j WHERE j.id IN ({marks}) AND {_MAY_NEED_LESS}", *jobs) if jobs else []  # noqa: S608
    return {job for (job,) in found}


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
