"""The failed files of an ended job as a file list, for a retry of those alone. Used by web.

A list is made from the report, which names each file with its exact bytes, a chunk at a time.
"""

import json
from base64 import b64decode
from collections.abc import Iterable, Iterator
from typing import Any

from avio.db import artifacts
from avio.db.connection import borrow
from avio.db.models import Job
from avio.errors import Conflict, NotFound, TooLarge
from avio.filelist_parser import CHUNK_BYTES, NUL
from avio.rules import history
from avio.rules.callers import Caller
from avio.rules.filelists import ListLimits
from avio.wire.params import OPTIONS, Params
from avio.wire.results import DIFFERENCES, FIRST, Outcome
from avio.wire.states import TERMINAL, JobType, State

PREFIX = "failed files of "

# The types of jobs whose report names files that a new job can take.
_WITH_FILES = frozenset({JobType.PRELOAD, JobType.SAVE, JobType.CHECK})

# What is not where it should be. What was left out stays so, however often a job comes by.
_FAILED = frozenset({Outcome.FAILED, *DIFFERENCES})
_BOTH_CHANGED = "BOTH_CHANGED"


def require_failed(caller: Caller, job: Job) -> None:
    """Raise Conflict unless `job` ended as partial or failed, and by itself: then its report has all that failed."""
    if job.type not in _WITH_FILES:
        message = f"a retry of failed files is for preloads, saves and checks; job {job.id} is of another type"
        raise Conflict(message, cure=f"avio retry {job.id}")
    if State(job.state) not in (State.PARTIAL, State.FAILED):
        cure = f"avio retry {job.id}" if State(job.state) in TERMINAL else "wait until it ends"
        raise Conflict(f"job {job.id} is {job.state}: it has not ended as partial or failed", cure=cure)
    last = next(iter(history.attempts(caller, job.id, 1)), None)
    if last is None or last.outcome not in TERMINAL:
        message = f"the last attempt of job {job.id} died, so that no report has all files that failed"
        raise Conflict(message, cure=f"do all of it again: avio retry {job.id}")


def require_any_version(job: Job, params: Params) -> None:
    """Raise Conflict for a job whose list names the versions of its files, which no report does."""
    if params.versions:
        message = f"job {job.id} moves files of given versions, which a list of failed files does not name"
        raise Conflict(message, cure=f"avio retry {job.id} has the same versions, and skips what is in place")


def listed(caller: Caller, job: Job, limits: ListLimits) -> Iterator[bytes]:
    """Return the text of a file list in chunks: the failed files of `job`, each path with a NUL behind it.

    Raise Conflict if none failed or there is no report, NotFound if it was deleted. While the chunks are read: TooLarge
    for a list beyond `limits`, Conflict for a report that is cut within the failed files.
    """
    try:
        pieces = history.artifact(caller, job.id, "report")
    except NotFound as error:
        if job.artifacts_deleted_at is not None:
            raise
        raise _none_failed(job) from error
    with borrow():
        if artifacts.newest_attempt(job.id, "report") != job.attempt:  # the last attempt has reached no file
            raise _none_failed(job)
    chunks = _chunks(job, _paths(job, pieces), limits)
    first = next(chunks, None)
    if first is None:
        raise _none_failed(job)
    return _joined(first, chunks)


def params_for(params: Params, list_id: str) -> Params:
    """Return the params of the new job: what names or narrows files makes way for the list, the rest stays."""
    kept: dict[str, Any] = {
        name: getattr(params, name) for name, rule in OPTIONS.items() if not rule.names_files and not rule.narrows
    }
    return Params(**kept, from_file_list=True, file_list_id=list_id, depth=0)


def name_for(job: Job, longest: int) -> str:
    """Return the name of the new job, which says what it is."""
    if job.name.startswith(PREFIX):
        return job.name
    return f"{PREFIX}{job.name or job.id}"[:longest]


def _joined(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _none_failed(job: Job) -> Conflict:
    count = job.counters.files_left_out
    left = f"; {count} files were left out, which a retry does not change" if count else ""
    return Conflict(
        f"the report of job {job.id} names no failed file: the job ended as {job.state}{left}",
        cure=f"avio job show {job.id} says why it did; avio retry {job.id} does all of it again",
    )


def _chunks(job: Job, paths: Iterable[bytes], limits: ListLimits) -> Iterator[bytes]:
    """Yield whole paths in chunks of a list. Raise TooLarge beyond the limits of one list."""
    chunk = bytearray()
    count = size = 0
    for path in paths:
        count, size = count + 1, size + len(path) + 1
        if count > limits.lines or size > limits.bytes:
            raise TooLarge(
                f"job {job.id} has more failed files than a file list may have: "
                f"{limits.lines} lines, {limits.bytes} bytes",
                cure=f"do all of it again: avio retry {job.id}",
            )
        if len(chunk) + len(path) + 1 > CHUNK_BYTES:
            yield bytes(chunk)
            chunk.clear()
        chunk += path + NUL
    if chunk:
        yield bytes(chunk)


def _paths(job: Job, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the paths of failed files. Raise Conflict at the end if they are fewer than the job has counted."""
    counters = job.counters
    conflicts = sum(group["count"] for group in json.loads(job.errors) if group["reason"] == _BOTH_CHANGED)
    counted = conflicts + counters.files_failed + counters.files_different
    counted += counters.files_only_in_bucket + counters.files_only_in_cache
    named = 0
    for line in _failed_lines(job, pieces, has_conflicts=conflicts > 0):
        named += 1
        yield b64decode(line["pathBytes"]) if "pathBytes" in line else line["path"].encode()
    if 0 < named < counted:
        raise _incomplete(job, "is incomplete", counted - named)


def _failed_lines(job: Job, pieces: Iterable[bytes], *, has_conflicts: bool) -> Iterator[dict[str, Any]]:
    """Yield the lines of failed files. They are first in a report, but for those that were kept as both changed."""
    for piece in pieces:
        lines = [json.loads(line) for line in piece.splitlines()]
        if not has_conflicts and lines and lines[0].get("outcome", FIRST[0]) not in FIRST:
            return
        for line in lines:
            if line.get("failed"):  # the last line of a report that is cut
                raise _incomplete(job, "is cut", line["failed"])
            if _is_failed(line):
                yield line


def _incomplete(job: Job, how: str, missing: int) -> Conflict:
    message = f"the report of job {job.id} {how}: {missing} failed files are not in it"
    return Conflict(message, cure=f"do all of it again: avio retry {job.id}")


def _is_failed(line: dict[str, Any]) -> bool:
    return line.get("outcome") in _FAILED or (
        line.get("outcome") == Outcome.KEPT and line.get("reason") == _BOTH_CHANGED
    )
