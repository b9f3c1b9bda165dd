"""Queries on the jobs that loaded, or still use, the cached files at a path. Used by web before and after a free.

A job uses the files at and below its path. After a free, ended jobs no longer use the dropped files: it releases them.
"""

import json
from dataclasses import dataclass
from typing import Any

from avio.db.sql import change, row, rows
from avio.wire.paths import ancestors, decoded, shown_path

# Characters of a path in the index jobs_path.
INDEXED = 256

# Jobs of a user that are checked, newest first, for one that loaded a path.
COVERING_MAX = 200

# Jobs of a user, newest first, among which those with several paths are looked for: these have no index.
SEVERAL_MAX = 2000

# A job that may not begin for longer than a free takes.
AHEAD_SECONDS = 3600.0
_NOT_LATER = "NOT (j.state = 'queued' AND coalesce(j.not_before, 0) > {now} + ?)"

# `+j.uid` and `j.id || ''` keep a query from using the indexes of these columns: the paths select far fewer rows.
_AT = "substr(j.path, 1, 256) {bytewise} = ? AND j.path = ?"
_BELOW = (
    "substr(j.path, 1, 256) {bytewise} >= ? AND substr(j.path, 1, 256) {bytewise} <= ? AND substr(j.path, 1, ?) = ?"
)


def paths_meet(other: str) -> str:
    """Return a condition: the paths of the jobs `j` and `other` are the same, or one is above the other."""
    return (
        f"j.path = {other}.path OR '/' IN (j.path, {other}.path)"
        f" OR substr(j.path, 1, length({other}.path) + 1) = {other}.path || '/'"
        f" OR substr({other}.path, 1, length(j.path) + 1) = j.path || '/'"
    )


_IS_OWNED = "f.state IN {owned}"

# `f` is a free job that runs, and may drop files of the preload `j`. A file list may name all paths.
FREED_BY = f"j.type = 1 AND f.type = 4 AND {_IS_OWNED} AND (j.path IS NULL OR {paths_meet('f')})"


@dataclass(frozen=True, slots=True)
class Use:
    """A job that uses a path, and the name of its user. `is_list`: its file list may name the path."""

    job: str
    user: str
    is_list: bool


def of_others(path: str, uid: int) -> Use | None:
    """Return the newest load or save of another user at, above or below `path`: not ended, or with files in place.

    Jobs with a file list that have not ended may use any path. A job whose time is far ahead uses none yet: it looks
    for its files when it begins. Return None if there is no such job.
    """
    at_or_above, parameters = _at_any([shown_path(each) for each in ancestors(path)])
    found = row(
        "SELECT j.id, u.name FROM jobs j JOIN users u ON u.uid = j.uid"  # noqa: S608 - made of constants
        " WHERE j.uid <> ? AND j.type IN (1, 2) AND j.released_at IS NULL"
        f" AND j.state <> 'failed' AND j.state <> 'cancelled' AND {_NOT_LATER}"
        f" AND ({at_or_above} OR ({_BELOW})) ORDER BY j.id || '' DESC LIMIT 1",
        uid,
        AHEAD_SECONDS,
        *parameters,
        *_below(shown_path(path)),
    )
    if found is not None:
        return Use(found[0], found[1], is_list=False)
    by_list = row(
        "SELECT j.id, u.name FROM jobs j JOIN users u ON u.uid = j.uid"  # noqa: S608 - the same
        f" WHERE j.uid <> ? AND j.type IN (1, 2) AND j.path IS NULL AND {_NOT_LATER}"
        " AND (j.state = 'queued' OR j.state IN {owned}) ORDER BY j.id || '' DESC LIMIT 1",
        uid,
        AHEAD_SECONDS,
    )
    return None if by_list is None else Use(by_list[0], by_list[1], is_list=True)


def covering(path: str, uid: int) -> list[tuple[str, int | None]]:
    """Return path and depth of a user's loads and saves at or above `path` that have begun, newest first.

    The counters do not tell what a job has loaded: they are those of its last attempt, at the time of its end.
    """
    at_or_above, parameters = _at_any([shown_path(each) for each in ancestors(path)])
    found = rows(
        "SELECT j.path, j.params FROM jobs j WHERE +j.uid = ? AND j.type IN (1, 2) AND j.started_at IS NOT NULL"  # noqa: S608 - made of constants
        f" AND {at_or_above} ORDER BY j.id || '' DESC LIMIT ?",
        uid,
        *parameters,
        COVERING_MAX,
    )
    single = [(covered, json.loads(params).get("depth")) for covered, params in found]
    return single + _covering_several(path, uid)


def _covering_several(path: str, uid: int) -> list[tuple[str, int | None]]:
    """Return the same of those among the user's newest jobs that name several paths: each path at or above `path`."""
    found = rows(
        "SELECT j.params FROM jobs j WHERE j.uid = ? AND (j.uid, j.id) > (?, COALESCE("
        "(SELECT id FROM jobs WHERE uid = ? ORDER BY uid DESC, id DESC LIMIT 1 OFFSET ?), ''))"
        " AND j.started_at IS NOT NULL AND j.path IS NULL AND j.list_id IS NULL AND j.type IN (1, 2)"
        " ORDER BY j.uid DESC, j.id DESC",
        uid,
        uid,
        uid,
        SEVERAL_MAX,
    )
    above = set(ancestors(path))
    jobs = (json.loads(params) for (params,) in found)
    return [
        (shown_path(covered), params.get("depth"))
        for params in jobs
        for each in params.get("paths", ())
        if (covered := decoded(each, encoded=params.get("alluxioUriEncoded", False))) in above
    ]


def needed(jobs: list[str]) -> set[str]:
    """Return those of some ended jobs that a rule above needs: no newer one of the user with the same params does.

    A job that was released is not needed: a free has dropped its files.
    """
    used, began = "(n.state = 'succeeded' OR n.state = 'partial')", "n.started_at IS NOT NULL"
    found = rows(
        f"SELECT j.id FROM jobs j WHERE j.id IN ({', '.join('?' * len(jobs))})"  # noqa: S608 - made of constants
        " AND j.type IN (1, 2) AND j.path IS NOT NULL AND j.released_at IS NULL"
        " AND (j.state = 'succeeded' OR j.state = 'partial' OR j.started_at IS NOT NULL)"
        " AND NOT EXISTS (SELECT 1 FROM jobs n WHERE n.uid = j.uid"
        " AND substr(n.path, 1, 256) = substr(j.path, 1, 256) AND n.path = j.path AND n.id > j.id"
        " AND n.finished_at IS NOT NULL AND n.released_at IS NULL AND n.type IN (1, 2) AND n.params = j.params"
        f" AND ({used} OR j.state = 'failed' OR j.state = 'cancelled') AND ({began} OR j.started_at IS NULL))",
        *jobs,
    )
    return {job for (job,) in found}


def release(path: str, before: float) -> None:
    """Record that `path` was freed: preloads and saves below it that ended before `before` no longer use it.

    `before` is in epoch seconds.
    """
    path = shown_path(path)
    change(
        "UPDATE jobs AS j SET released_at = {now} WHERE j.released_at IS NULL AND j.type IN (1, 2)"  # noqa: S608 - made of constants
        f" AND j.finished_at <= ? AND (({_AT}) OR ({_BELOW}))",
        before,
        path[:INDEXED],
        path,
        *_below(path),
    )


def release_freed(job: str) -> None:
    """Do the same for a free job that has succeeded. Jobs of other types release nothing."""
    found = row("SELECT path, started_at FROM jobs WHERE id = ? AND type = 4 AND state = 'succeeded'", job)
    if found is not None:
        release(*found)


def _at_any(paths: list[str]) -> tuple[str, list[str]]:
    marks = ", ".join("?" * len(paths))
    condition = f"(substr(j.path, 1, {INDEXED}) {{bytewise}} IN ({marks}) AND j.path IN ({marks}))"
    return condition, [*(path[:INDEXED] for path in paths), *paths]


def _below(path: str) -> tuple[Any, ...]:
    """Return the values for `_BELOW`: in bytes, all paths that begin with `/data/` are before `/data0`."""
    stem = path.rstrip("/")
    return f"{stem}/"[:INDEXED], f"{stem}0"[:INDEXED], len(stem) + 1, f"{stem}/"
