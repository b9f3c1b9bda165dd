"""Queries that read jobs for people: one, a page, its attempts and failures. Used by web and admin."""

from collections.abc import Collection
from dataclasses import dataclass

from avio.db.models import Attempt, FailedFile, Job


@dataclass(frozen=True, slots=True)
class Filter:
    """What to list; None means any. `prefix` is the beginning of a job's id, `name` a part of its name."""

    uid: int | None = None
    states: Collection[str] | None = None
    types: Collection[int] | None = None
    name: str | None = None
    prefix: str | None = None


def find(job: str, uid: int | None = None) -> Job | None:
    """Return a job by id; with `uid`, only when it is that user's."""
    wanted = Job.id == job
    if uid is not None:
        wanted &= Job.uid == uid
    found: Job | None = Job.get_or_none(wanted)
    return found


def page(wanted: Filter, size: int, after: str | None = None) -> list[Job]:
    """Return up to `size` jobs, newest first, that are older than the job with id `after`."""
    query = Job.select().order_by(Job.id.desc()).limit(size)
    if after is not None:
        query = query.where(Job.id < after)
    if wanted.uid is not None:
        query = query.where(Job.uid == wanted.uid)
    if wanted.states is not None:
        query = query.where(Job.state.in_(list(wanted.states)))
    if wanted.types is not None:
        query = query.where(Job.type.in_(list(wanted.types)))
    if wanted.name is not None:
        query = query.where(Job.name.contains(wanted.name))
    if wanted.prefix is not None:
        query = query.where(Job.id.startswith(wanted.prefix))
    return list(query)


def attempts(job: str, limit: int = 100) -> list[Attempt]:
    """Return the attempts of a job, newest first."""
    query = Attempt.select().where(Attempt.job_id == job).order_by(Attempt.attempt.desc()).limit(limit)
    return list(query)


def failures(job: str, size: int, after: str | None = None) -> list[FailedFile]:
    """Return up to `size` failed files of a job, by path, beyond the path `after`."""
    query = FailedFile.select().where(FailedFile.job_id == job).order_by(FailedFile.path).limit(size)
    return list(query if after is None else query.where(FailedFile.path > after))
