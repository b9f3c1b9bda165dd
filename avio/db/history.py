"""Queries that read jobs for people: one, a page, its attempts. Used by web and admin."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from avio.db.models import Attempt, Job
from avio.db.sql import rows
from avio.wire.states import JobType, State

# Jobs that one page looks at for a part of a name, which no index can find.
SEARCHED = 2000


@dataclass(frozen=True, slots=True)
class Filter:
    """Filters of a list; None means any. `name` is a part of the name, in any case."""

    uid: int | None = None
    states: Collection[str] | None = None
    types: Collection[int] | None = None
    name: str | None = None


def find(job: str, uid: int | None = None) -> Job | None:
    """Return a job by id, or None; with `uid`, only a job of that user."""
    wanted = Job.id == job
    if uid is not None:
        wanted &= Job.uid == uid
    found: Job | None = Job.get_or_none(wanted)
    return found


def page(wanted: Filter, size: int, after: str | None = None) -> tuple[list[Job], str | None]:
    """Return up to `size` jobs, newest first, older than the job `after`, and the id after which the next page begins.

    A page with a `name` looks at `SEARCHED` jobs: it may have few jobs or none, and a next page.
    """
    if wanted.name is None:
        found = [job for (job,) in _newest("id", wanted, size + 1, after)]
        last = found[size - 1] if len(found) > size else None
    else:
        looked_at = _newest("id, name", wanted, SEARCHED, after)
        part = wanted.name.casefold()
        found = [job for job, name in looked_at if part in name.casefold()]
        last = looked_at[-1][0] if len(looked_at) == SEARCHED else None
        last = found[size - 1] if len(found) > size else last
    page = Job.select().where(Job.id.in_(found[:size])).order_by(Job.id.desc())
    return list(page) if found else [], last


def _newest(columns: str, wanted: Filter, limit: int, after: str | None) -> list[tuple[Any, ...]]:
    """Return `columns` of the newest jobs by state, type and user. Each state and type has its place in an index."""
    parts, values = [], []
    for conditions in _conditions(wanted):
        if wanted.uid is not None:
            conditions["uid = ?"] = wanted.uid
        if after is not None:
            conditions["id < ?"] = after
        where = " AND ".join(conditions) or "true"
        parts.append(f"SELECT * FROM (SELECT {columns} FROM jobs WHERE {where} ORDER BY id DESC LIMIT ?) AS part")  # noqa: S608 - made of constants
        values += [*conditions.values(), limit]
    return rows(f"{' UNION ALL '.join(parts)} ORDER BY 1 DESC LIMIT ?", *values, limit) if parts else []


def _conditions(wanted: Filter) -> Iterator[dict[str, Any]]:
    if wanted.states is None and wanted.types is None:
        yield {}
        return
    for state in State if wanted.states is None else set(wanted.states):
        for kind in JobType if wanted.types is None else set(wanted.types):
            yield {"state = ?": str(state), "type = ?": int(kind)}


def attempts(job: str, limit: int = 100) -> list[Attempt]:
    """Return up to `limit` attempts of a job, newest first."""
    query = Attempt.select().where(Attempt.job_id == job).order_by(Attempt.attempt.desc()).limit(limit)
    return list(query)
