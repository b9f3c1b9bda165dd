"""From a filter as people type it to a query: users by name, times by the clock. Used by web."""

from dataclasses import replace
from datetime import timezone
from typing import Any

from avio import clock
from avio.db import users
from avio.db.connection import borrow
from avio.db.history import Filter
from avio.errors import BadRequest, FieldError
from avio.rules.callers import Caller, Right
from avio.wire.job_filters import JobFilter, moment


def with_filter(caller: Caller, members: Filter, asked: JobFilter, zone: timezone) -> Filter:
    """Return `members` with what the filter asks for. Times without an offset are in `zone`.

    Raise BadRequest if both say something about the same, or for a user that an admin names and that does not exist.
    """
    terms: dict[str, Any] = {
        "states": asked.status,
        "types": asked.type,
        "names": asked.name,
        "paths": asked.path,
        "nodes": asked.node,
        "labels": asked.label,
        "uids": None if asked.user is None else _uids(caller, asked.user),
        "since": None if asked.since is None else moment(asked.since, clock.now(), zone),
        "until": None if asked.until is None else moment(asked.until, clock.now(), zone),
    }
    given = {name: value for name, value in terms.items() if value is not None}
    doubled = [_MEMBERS[name] for name in given if getattr(members, name) is not None]
    if doubled:
        raise _refused(f"{', '.join(doubled)} is in the query and in its filter; give it once")
    return replace(members, **given)


# The members of the query that mean the same as a term.
_MEMBERS = {"states": "status", "types": "type", "names": "name", "uids": "uid"}


def _uids(caller: Caller, named: tuple[str, ...]) -> list[int]:
    """Return the numbers of users. Who may not see others' jobs learns nothing about which users there are."""
    if not caller.may(Right.OTHERS_JOBS):
        return [caller.uid if name in (caller.name, str(caller.uid)) else -1 for name in named]
    with borrow():
        return [_uid(name) for name in named]


def _uid(name: str) -> int:
    """Return the number of a user by name; digits alone are the number."""
    is_number = name.isascii() and name.isdecimal() and len(name) < 19
    found = users.get(int(name)) if is_number else users.find(name)
    if found is None:
        raise _refused(f"user: no such user: {name}")
    return int(found.uid)


def _refused(message: str) -> BadRequest:
    return BadRequest("the request is invalid: filter", [FieldError("filter", message)])
