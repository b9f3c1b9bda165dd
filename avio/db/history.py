"""Queries that read jobs for people: one, a page, its attempts. Used by web and admin."""

import json
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from ulid import ULID

from avio.db.models import Attempt, Job
from avio.db.running import several_paths
from avio.db.sql import rows
from avio.wire.job_filters import LabelTerm
from avio.wire.path_terms import PathTerm
from avio.wire.states import JobType, State

# Jobs that one page looks at for a name, a path or a node, which no index can find.
SEARCHED = 2000

# Jobs of each state, type and user that such a page looks at, at least, and seconds that it may compare for.
SEARCHED_OF_EACH = 50
SEARCH_SECONDS = 0.006

# Ids in one query.
IDS_AT_ONCE = 500

# States, types and users together that an index serves, each by itself. More are searched for, too.
PARTS_MAX = 48


@dataclass(frozen=True, slots=True)
class Filter:
    """Filters of a list; None means any, and of several values a job must have one.

    `names` are parts of the name, in any case; a `*` is any characters. `nodes` have run an attempt. A job was
    submitted at or after `since`, and before `until`, in epoch seconds.
    """

    uids: Collection[int] | None = None
    states: Collection[str] | None = None
    types: Collection[int] | None = None
    names: Collection[str] | None = None
    paths: Collection[PathTerm] | None = None
    nodes: Collection[str] | None = None
    labels: Collection[LabelTerm] | None = None
    since: float | None = None
    until: float | None = None

    @property
    def parts(self) -> int:
        """How many combinations of user, state and type are wanted, where states or types are."""
        if self.states is None and self.types is None:
            return 1
        counts = [
            len(set(every if each is None else each)) for each, every in ((self.states, State), (self.types, JobType))
        ]
        return counts[0] * counts[1] * (1 if self.uids is None else len(set(self.uids)))

    @property
    def needs_search(self) -> bool:
        """Return True if no index finds the jobs."""
        searched = (self.names, self.paths, self.nodes, self.labels)
        return self.parts > PARTS_MAX or any(each is not None for each in searched)


def find(job: str, uid: int | None = None) -> Job | None:
    """Return a job by id, or None; with `uid`, only a job of that user."""
    wanted = Job.id == job
    if uid is not None:
        wanted &= Job.uid == uid
    found: Job | None = Job.get_or_none(wanted)
    return found


def of_ids(jobs: Collection[str], uid: int | None = None) -> list[Job]:
    """Return the jobs of some ids, newest first; with `uid`, only those of that user."""
    ids = sorted(jobs, reverse=True)
    found: list[Job] = []
    for start in range(0, len(ids), IDS_AT_ONCE):
        wanted = Job.id.in_(ids[start : start + IDS_AT_ONCE])
        if uid is not None:
            wanted &= Job.uid == uid
        found.extend(Job.select().where(wanted).order_by(Job.id.desc()))  # += would be the UNION of peewee
    return found


def page(wanted: Filter, size: int, after: str | None = None) -> tuple[list[Job], str | None]:
    """Return up to `size` jobs, newest first, older than the job `after`, and the id after which the next page begins.

    A page by names, paths, nodes or labels looks at about `SEARCHED` jobs: it may have few jobs or none, and a next
    page.
    """
    if wanted.needs_search:
        found, last = _search(wanted, size, after)
    else:
        found = [job for _, job in _newest("id", wanted, size + 1, after)]
        last = found[size - 1] if len(found) > size else None
    page = Job.select().where(Job.id.in_(found[:size])).order_by(Job.id.desc())
    return list(page) if found else [], last


def _search(wanted: Filter, size: int, after: str | None) -> tuple[list[str], str | None]:
    """Return ids of some jobs that match, newest first, and the id up to which was looked."""
    parts = len(list(_conditions(wanted)))
    limit = max(SEARCHED // max(parts, 1), min(SEARCHED_OF_EACH, SEARCHED))
    columns = "id, state, type, name, labels, path, CASE WHEN path IS NULL THEN params END"
    newest = _newest(columns, wanted, limit, after, in_all=limit * parts)
    oldest: dict[int, list[str]] = {}
    for part, job, *_ in newest:
        oldest.setdefault(part, []).append(job)
    # Of a part with more jobs, the older ones are not known: no job below is looked at before all newer ones.
    last = max((jobs[-1] for jobs in oldest.values() if len(jobs) == limit), default=None)
    found: list[str] = []
    end = time.monotonic() + SEARCH_SECONDS
    for _, job, *texts in newest:
        if last is not None and job < last:
            break
        if _matches(wanted, *texts):
            found.append(job)
        if time.monotonic() > end or (wanted.nodes is None and len(found) > size):
            last = job
            break
    if wanted.nodes is not None:
        found = _run_by(found, wanted.nodes)
    return (found, found[size - 1]) if len(found) > size else (found, last)


def _matches(
    wanted: Filter, state: str, kind: int, name: str, labels: str, path: str | None, params: str | None
) -> bool:
    """Return True if state, type, name, labels and path of a job are wanted."""
    if (wanted.states is not None and state not in wanted.states) or (
        wanted.types is not None and kind not in wanted.types
    ):
        return False
    if wanted.names is not None:
        folded = name.casefold()
        if not any(_has(folded, part.casefold()) for part in wanted.names):
            return False
    if wanted.labels is not None:
        of_job = json.loads(labels)
        if not any(term.matches(of_job) for term in wanted.labels):
            return False
    if wanted.paths is None:
        return True
    at = [path] if path is not None else several_paths(params or "{}")
    return any(term.matches(each) for each in at for term in wanted.paths)


def _has(name: str, part: str) -> bool:
    """Return True if `name` has `part`, in which a `*` stands for any characters."""
    at = 0
    for piece in part.split("*"):
        at = name.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True


def _run_by(jobs: list[str], nodes: Collection[str]) -> list[str]:
    """Return those of some jobs of which one of `nodes` has run an attempt."""
    if not jobs:
        return []
    found = rows(
        f"SELECT DISTINCT job_id FROM attempts WHERE job_id IN ({', '.join('?' * len(jobs))})"  # noqa: S608 - made of constants
        f" AND node IN ({', '.join('?' * len(nodes))})",
        *jobs,
        *nodes,
    )
    run = {job for (job,) in found}
    return [job for job in jobs if job in run]


def _newest(
    columns: str, wanted: Filter, limit: int, after: str | None, in_all: int | None = None
) -> list[tuple[Any, ...]]:
    """Return the number of the part and `columns` of the newest jobs by state, type and user: up to `limit` of a part.

    Each state and type has its place in an index. `in_all` is `limit` by default.
    """
    parts, values = [], []
    for number, conditions in enumerate(_conditions(wanted)):
        below = [bound for bound in (after, None if wanted.until is None else _first_id(wanted.until)) if bound]
        if below:
            conditions["id < ?"] = min(below)
        if wanted.since is not None:
            conditions["id >= ?"] = _first_id(wanted.since)
        where = " AND ".join(conditions) or "true"
        parts.append(
            f"SELECT * FROM (SELECT {number} AS part, {columns} FROM jobs WHERE {where} ORDER BY id DESC LIMIT ?)"  # noqa: S608 - made of constants
            " AS newest"
        )
        values += [*conditions.values(), limit]
    if not parts:
        return []
    return rows(f"{' UNION ALL '.join(parts)} ORDER BY 2 DESC LIMIT ?", *values, in_all or limit)


def _first_id(seconds: float) -> str:
    """Return the id below those of all jobs that were submitted at or after a time."""
    milliseconds = min(max(int(seconds * 1000), 0), (1 << 48) - 1)
    return str(ULID.from_bytes(milliseconds.to_bytes(6, "big") + bytes(10)))


def _conditions(wanted: Filter) -> Iterator[dict[str, Any]]:
    """Yield the conditions of each part: the jobs of each user, state and type are in the order of an index."""
    for owner in [{}] if wanted.uids is None else [{"uid = ?": uid} for uid in set(wanted.uids)]:
        if wanted.parts > PARTS_MAX or (wanted.states is None and wanted.types is None):
            yield dict(owner)
            continue
        for state in State if wanted.states is None else set(wanted.states):
            for kind in JobType if wanted.types is None else set(wanted.types):
                yield {"state = ?": str(state), "type = ?": int(kind), **owner}


def attempts(job: str, limit: int = 100) -> list[Attempt]:
    """Return up to `limit` attempts of a job, newest first."""
    query = Attempt.select().where(Attempt.job_id == job).order_by(Attempt.attempt.desc()).limit(limit)
    return list(query)
