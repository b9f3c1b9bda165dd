"""Queries on keeps. Users make and end them by way of web; intake reads them for the jobs of its node.

A keep is open until its time is over or somebody ends it. While one is open, nobody makes a free job at, above or
below its path; and while such a job has not ended, nobody makes a keep there. Both take the same lock.
"""

from dataclasses import dataclass
from typing import Any

from ulid import ULID

from avio.db.connection import transaction
from avio.db.order_models import Keep
from avio.db.sql import change, now, row, rows

OPEN = "k.ended_at IS NULL AND (k.until_at IS NULL OR k.until_at > {now})"

# Keeps that one query returns at most. A node with more of them is told that all is kept.
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Held:
    """An open keep, for an error or a file: who keeps what, and for how many seconds more; None without an end."""

    id: str
    uid: int
    user: str
    path: str
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class FreeJob:
    """A free job that has not ended, and the name of its user."""

    job: str
    user: str


class TooManyKeeps(Exception):
    """The user has as many keeps as allowed."""


class BeingFreed(Exception):
    """A free job has not ended whose path is at, above or below the one to keep."""

    def __init__(self, by: FreeJob) -> None:
        super().__init__(by)
        self.by = by


def put(uid: int, path: str, until_at: float | None, most: int) -> tuple[Keep, bool]:
    """Keep `path` for a user, or set the end of the user's open keep there. Return True if it was made.

    Raise BeingFreed, and TooManyKeeps if the user has `most` others.
    """
    with transaction():
        alone()
        found = row(f"SELECT k.id FROM keeps k WHERE k.uid = ? AND k.path = ? AND {OPEN}", uid, path)  # noqa: S608 - made of constants
        if found is not None:
            change("UPDATE keeps SET until_at = ?, updated_at = {now} WHERE id = ?", until_at, found[0])
            return Keep.get_by_id(found[0]), False
        if (freed := _free_job_touching(path)) is not None:
            raise BeingFreed(freed)
        count = row(f"SELECT count(*) FROM keeps k WHERE k.uid = ? AND {OPEN}", uid)  # noqa: S608 - the same
        if count is None or count[0] >= most:
            raise TooManyKeeps
        made = now()
        keep: Keep = Keep.create(
            id=str(ULID()), uid=uid, path=path, until_at=until_at, created_at=made, updated_at=made
        )
    return keep, True


def alone() -> None:
    """Let transactions that make keeps or free jobs wait for this one."""
    row("SELECT {keeps_alone}")


def find(keep: str, uid: int | None = None) -> Keep | None:
    """Return a keep by id, open or not, or None; with `uid`, only one of that user."""
    wanted = Keep.id == keep
    if uid is not None:
        wanted &= Keep.uid == uid
    found: Keep | None = Keep.get_or_none(wanted)
    return found


def end(keep: str, by: str) -> None:
    """End a keep, as the user named `by` asks. One that is over already stays as it is."""
    change(
        "UPDATE keeps AS k SET ended_at = {now}, ended_by = ?, updated_at = {now}"  # noqa: S608 - made of constants
        f" WHERE k.id = ? AND {OPEN}",
        by,
        keep,
    )


def page(uid: int | None, size: int, after: str | None = None) -> list[Keep]:
    """Return up to `size` keeps of a user, or of all, open or not, newest first, older than the keep `after`."""
    query = Keep.select().order_by(Keep.id.desc()).limit(size)
    if uid is not None:
        query = query.where(Keep.uid == uid)
    if after is not None:
        query = query.where(Keep.id < after)
    return list(query)


def page_touching(path: str, size: int, after: str | None = None) -> list[Keep]:
    """Return up to `size` open keeps at, above or below `path`, of all users, newest first, older than `after`."""
    found = rows(
        f"SELECT k.id FROM keeps k WHERE {OPEN} AND {_touches('k')} AND (? IS NULL OR k.id < ?)"  # noqa: S608 - the same
        " ORDER BY k.id DESC LIMIT ?",
        *_values(path),
        after,
        after or "",
        size,
    )
    ids = [keep for (keep,) in found]
    return list(Keep.select().where(Keep.id.in_(ids)).order_by(Keep.id.desc())) if ids else []


def touching(path: str) -> Held | None:
    """Return an open keep at, above or below `path`: the one that ends last. None if there is none."""
    found = rows(_HELD + f" AND {_touches('k')} ORDER BY coalesce(k.until_at, 1e18) DESC, k.id LIMIT 1", *_values(path))
    return Held(*found[0]) if found else None


def all_open() -> list[Held] | None:
    """Return all open keeps, or None if there are more than `MOST`."""
    found = rows(_HELD + " ORDER BY k.id LIMIT ?", MOST + 1)
    return [Held(*each) for each in found] if len(found) <= MOST else None


def forget(age: float, limit: int) -> int:
    """Delete up to `limit` keeps that ended `age` seconds ago or earlier. Return the number."""
    return change(
        "DELETE FROM keeps WHERE id IN (SELECT k.id FROM keeps k"
        " WHERE coalesce(k.ended_at, k.until_at) < {now} - ? ORDER BY k.id LIMIT ?)",
        age,
        limit,
    )


def _free_job_touching(path: str) -> FreeJob | None:
    found = row(
        "SELECT f.id, u.name FROM jobs f JOIN users u ON u.uid = f.uid"  # noqa: S608 - made of constants
        " WHERE f.type = 4 AND f.state IN {unfinished} AND " + _touches("f") + " ORDER BY f.id LIMIT 1",
        *_values(path),
    )
    return None if found is None else FreeJob(*found)


_HELD = (
    "SELECT k.id, k.uid, u.name, k.path, k.until_at - {now} FROM keeps k JOIN users u ON u.uid = k.uid"  # noqa: S608
    f" WHERE {OPEN}"
)


def _touches(table: str) -> str:
    """Return the condition that a row's path is at, above or below one whose `_values` are given."""
    return (
        f"({table}.path = ? OR '/' IN ({table}.path, ?) OR substr({table}.path, 1, ?) = ?"
        f" OR substr(?, 1, length({table}.path) + 1) = {table}.path || '/')"
    )


def _values(path: str) -> tuple[Any, ...]:
    return path, path, len(path) + 1, f"{path}/", path
