"""Queries on cache maps: what fills each tier. Intake surveys and writes, web reads.

Several nodes may share a tier: the one that moves `due_at` on surveys it.
"""

import json
from dataclasses import dataclass
from typing import Any

from avio.db.sql import change, rows
from avio.wire.paths import decoded, shown_path

MAX_PRELOADS = 20_000  # that one survey looks for the origin of copies


@dataclass(frozen=True, slots=True)
class Taken:
    """A map of a tier, as plain JSON. Times are in epoch seconds, `took` in seconds."""

    tier: str
    node: str
    taken_at: float
    took: float
    map: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PreloadRow:
    """A preload that began, at one of its paths; None is any path, by a file list. `ended` is None until it has."""

    job: str
    uid: int
    path: str | None
    began: float
    ended: float | None


def begin(tier: str, node: str, lease: float) -> bool:
    """Return True if this node surveys a tier now: that is due, and no other node began in the last `lease` seconds."""
    change("INSERT INTO cache_maps (tier, due_at) VALUES (?, 0) ON CONFLICT (tier) DO NOTHING", tier)
    return (
        change(
            "UPDATE cache_maps SET due_at = {now} + ?, node = ? WHERE tier = ? AND due_at <= {now}", lease, node, tier
        )
        > 0
    )


def store(tier: str, node: str, taken: dict[str, Any], took: float, rest: float) -> None:
    """Store the map of a survey that has ended now. The next one is due in `rest` seconds.

    A node that another one has taken for dead changes nothing.
    """
    change(
        "UPDATE cache_maps SET taken_at = {now} - ?, took = ?, map = ?, due_at = {now} + ? WHERE tier = ? AND node = ?",
        took,
        took,
        json.dumps(taken, separators=(",", ":")),
        rest,
        tier,
        node,
    )


def taken() -> list[Taken]:
    """Return the newest map of each tier that has one."""
    found = rows(
        "SELECT tier, node, taken_at, took, map FROM cache_maps WHERE map IS NOT NULL ORDER BY tier LIMIT 1000"
    )
    return [Taken(tier, node, at, took, json.loads(text)) for tier, node, at, took, text in found]


def preloads(limit: int = MAX_PRELOADS) -> tuple[list[PreloadRow], float]:
    """Return the preloads that have not ended, the newest `limit` that have, and the epoch second since which all are.

    What retention has deleted is not known of: copies that came with such a job have no origin.
    """
    columns = "SELECT id, uid, path, list_id, params, started_at, finished_at FROM jobs WHERE type = 1"
    at_work = rows(columns + " AND started_at IS NOT NULL AND state IN {unfinished} LIMIT ?", limit)
    ended = rows(
        f"{columns} AND started_at IS NOT NULL AND finished_at IS NOT NULL ORDER BY finished_at DESC LIMIT ?", limit
    )
    known_from = ended[-1][-1] if len(ended) == limit else 0.0
    return [each for found in (*at_work, *ended) for each in _by_path(*found)], known_from


def _by_path(
    job: str, uid: int, path: str | None, list_id: str | None, params: str, began: float, ended: float | None
) -> list[PreloadRow]:
    if path is not None or list_id is not None:
        return [PreloadRow(job, uid, path, began, ended)]
    given = json.loads(params)
    is_encoded = given.get("alluxioUriEncoded", False)
    paths = [shown_path(decoded(each, encoded=is_encoded)) for each in given.get("paths", ())]
    return [PreloadRow(job, uid, each, began, ended) for each in paths or (None,)]


def jobs(ids: list[str]) -> dict[str, tuple[str, str | None]]:
    """Return name and path of those of some jobs that are there still."""
    if not ids:
        return {}
    marks = ", ".join("?" * len(ids))
    found = rows(f"SELECT id, name, path FROM jobs WHERE id IN ({marks})", *ids)  # noqa: S608 - made of constants
    return {job: (name, path) for job, name, path in found}
