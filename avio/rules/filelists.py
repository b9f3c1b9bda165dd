"""The rules of file lists: every user may upload, see and delete lists of the user's own. Used by web."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass

from avio.db import filelists
from avio.db.connection import borrow
from avio.db.filelists import Full, Gone
from avio.errors import Conflict, NotFound, TooMany
from avio.rules.callers import Caller
from avio.rules.types import FileList

# Chunks of a list that one transaction deletes, each of 256 KiB.
CHUNKS = 16


@dataclass(frozen=True, slots=True)
class Quota:
    """How many lists a user may have, and how many bytes in all of them."""

    lists: int
    bytes: int


@dataclass(frozen=True, slots=True)
class ListLimits:
    """What one file list may have, and what all lists of a user may have."""

    lines: int
    bytes: int
    quota: Quota


# For tests: web has those of the settings.
NO_LIMITS = ListLimits(sys.maxsize, sys.maxsize, Quota(sys.maxsize, sys.maxsize))


def upload(caller: Caller, chunks: Iterable[bytes], quota: Quota) -> FileList:
    """Store a list of the caller. Raise TooMany if the caller has no room for it, Conflict if it was deleted meanwhile.

    Each of `chunks` has whole lines with line ends. Uses no connection while it waits for the next chunk.
    If `chunks` raises an error, the list is deleted and the error is raised.
    """
    cure = "delete lists that you no longer need: GET /filelists, DELETE /filelists/{id}"
    try:
        with borrow():
            list_id = filelists.begin(caller.uid, quota.lists, quota.bytes)
        try:
            return _store(caller, list_id, chunks, quota)
        except BaseException:
            _delete(list_id)
            raise
    except Full as error:
        raise TooMany(str(error), cure=cure) from None
    except Gone:
        raise Conflict("the file list was deleted during its upload", cure="send it again") from None


def _store(caller: Caller, list_id: str, chunks: Iterable[bytes], quota: Quota) -> FileList:
    lines = number = 0
    for number, chunk in enumerate(chunks, 1):
        with borrow():
            filelists.append(list_id, number - 1, chunk, quota.bytes)
        lines += chunk.count(chunk[-1:])  # each line has the same end
    with borrow():
        filelists.complete(list_id, lines, number)
        return _find(caller, list_id)


def list_lists(caller: Caller, size: int, after: str | None = None) -> tuple[list[FileList], str | None]:
    """Return a page of the caller's lists, newest first, and the id after which the next page begins."""
    with borrow():
        page = filelists.page(caller.uid, size + 1, after)
    return page[:size], page[size - 1].id if len(page) > size else None


def delete(caller: Caller, list_id: str) -> None:
    """Delete a list of the caller. Raise NotFound also for another user's; Conflict if a job uses it."""
    with borrow():
        _find(caller, list_id)
        if not filelists.close(list_id):
            raise Conflict(
                f"file list {list_id} is used by a job that has not ended", cure="wait until the job ends, or cancel it"
            )
    _delete(list_id)


def discard(list_id: str) -> None:
    """Delete a list that no job uses, whoever has it."""
    with borrow():
        filelists.close(list_id)
    _delete(list_id)


def _find(caller: Caller, list_id: str) -> FileList:
    found = filelists.get(list_id, caller.uid)
    if found is None:
        raise NotFound(f"no such file list: {list_id}", cure="GET /filelists has your lists")
    return found


def _delete(list_id: str) -> None:
    """Delete a list that is not complete, a few chunks at a time."""
    done = False
    while not done:
        with borrow():
            done = filelists.delete_some(list_id, CHUNKS)
