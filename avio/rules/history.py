"""The rules of reading jobs: one job, a page of jobs, attempts, artifacts. Used by web and admin.

Every function uses a connection only as long as it needs one.
"""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import replace

from avio.db import artifacts, history, users
from avio.db import failures as failed_files
from avio.db.connection import AWAY, borrow
from avio.db.history import Filter
from avio.db.models import Attempt, FailedFile, Job
from avio.errors import NotFound
from avio.rules import waiting
from avio.rules.callers import LOCAL_ADMIN, Caller, Right
from avio.wire.states import TERMINAL, State


def get(caller: Caller, job: str) -> Job:
    """Return a job; a queued one says what it waits for. Raise NotFound also for another user's job."""
    with borrow():
        found = history.find(job, None if caller.may(Right.OTHERS_JOBS) else caller.uid)
        waiting.explain([found] if found is not None else [])
    if found is None:
        cure = "avio-server jobs lists all jobs" if caller is LOCAL_ADMIN else "avio jobs lists your jobs"
        raise NotFound(f"no such job: {job}", cure=cure)
    return found


def explained(job: Job) -> Job:
    """Return a job that was just submitted, with what it waits for; without that, if the database is unavailable."""
    with suppress(*AWAY), borrow():
        waiting.explain([job])
    return job


def list_jobs(caller: Caller, wanted: Filter, size: int, after: str | None = None) -> tuple[list[Job], str | None]:
    """Return a page of jobs, newest first, and the id after which the next page begins. Admins see all jobs.

    A page by names, paths or nodes may be short, or empty, and have a next one.
    """
    if not caller.may(Right.OTHERS_JOBS):
        if wanted.uids is not None and caller.uid not in wanted.uids:
            return [], None
        wanted = replace(wanted, uids=[caller.uid])
    with borrow():
        page, following = history.page(wanted, size, after)
        waiting.explain(page)
    return page, following


def not_ended(caller: Caller, size: int) -> list[Job]:
    """Return the newest jobs that have not ended, as `list_jobs`."""
    page, _ = list_jobs(caller, Filter(states=[state for state in State if state not in TERMINAL]), size)
    return page


def of_ids(caller: Caller, jobs: Collection[str]) -> list[Job]:
    """Return those of some jobs that the caller may see; queued ones say what they wait for."""
    with borrow():
        found = history.of_ids(jobs, None if caller.may(Right.OTHERS_JOBS) else caller.uid)
        waiting.explain(found)
    return found


def owners(caller: Caller, jobs: list[Job]) -> dict[int, str]:
    """Return the names of the users of some jobs, for who may see others' jobs; else nothing."""
    if not jobs or not caller.may(Right.OTHERS_JOBS):
        return {}
    with borrow():
        return users.names({job.uid for job in jobs})


def attempts(caller: Caller, job: str, limit: int = 100) -> list[Attempt]:
    """Return up to `limit` attempts of a job, newest first. Raises NotFound as `get`."""
    with borrow():
        return history.attempts(get(caller, job).id, limit)


def failures(caller: Caller, job: str, size: int, after: str | None = None) -> tuple[list[FailedFile], str | None]:
    """Return a page of the failed files of the newest attempt, by path, and the path after which the next page begins.

    There are rows while the job runs, too, for at most `avio.wire.results.MAX_FAILURES` files. NotFound as `get`.
    """
    with borrow():
        found = get(caller, job)
        _require_kept(found, "list of failed files")
        attempt = found.attempt
        page = failed_files.of_attempt(job, attempt, size + 1, after)
    return page[:size], page[size - 1].path if len(page) > size else None


def artifact(caller: Caller, job: str, kind: str) -> Iterator[bytes]:
    """Return the text of a job's newest `kind` (log, report, result) in chunks of whole lines.

    Raises NotFound as `get`, and if there is none yet; also amid the chunks, if the rest is deleted meanwhile.
    Uses no connection between two chunks.
    """
    found = get(caller, job)  # read first: a job ends after its artifacts are stored
    _require_kept(found, kind)
    with borrow():
        attempt = artifacts.newest_attempt(job, kind)
    if attempt is None:
        raise _without(found, kind)
    return _read(job, attempt, kind)


def _require_kept(job: Job, what: str) -> None:
    """Raise NotFound if retention has deleted what a job has left."""
    if job.artifacts_deleted_at is not None:
        raise _deleted(job.id, what)


def _deleted(job: str, what: str) -> NotFound:
    message = f"the {what} of job {job} was deleted: it ended longer ago than such texts are kept"
    return NotFound(message, cure=f"avio retry {job} runs it again")


def _without(job: Job, kind: str) -> NotFound:
    """Return the error for a job that has no `kind`."""
    if job.state not in TERMINAL:
        return NotFound(f"job {job.id} has no {kind} yet", cure="wait until the job has run")
    told = job.counters
    differ = told.files_different or told.files_only_in_bucket or told.files_only_in_cache
    has_files = told.files_done or told.files_kept or told.files_failed or told.files_left_out or differ
    why = "it moved no file" if kind == "report" and not has_files else "none was stored"
    return NotFound(f"job {job.id} has ended without a {kind}: {why}", cure=f"avio job show {job.id} says how it ended")


def _read(job: str, attempt: int, kind: str) -> Iterator[bytes]:
    no = -1
    while True:
        with borrow():
            found = artifacts.next_chunk(job, attempt, kind, no)
            there = history.find(job) if found is None else None
        if found is None:
            if there is None or there.artifacts_deleted_at is not None:
                raise _deleted(job, kind)
            return
        no, text = found
        yield text
