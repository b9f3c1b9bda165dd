"""Decides who may free a path. Used by web, before the free and after it, and by intake when a free job begins.

An admin frees all. A user frees files that a begun preload or save of the user covers and no job of another user uses.
Nobody frees what somebody keeps.
"""

from avio.db import users, uses
from avio.db.connection import borrow
from avio.db.sql import now
from avio.errors import Forbidden
from avio.rules import keeps
from avio.rules.callers import Caller, Right
from avio.wire.params import Params
from avio.wire.paths import depth_below


def require_freeable(caller: Caller, path: str, *, recursive: bool) -> float:
    """Return the database's clock in epoch seconds if the caller may free `path`. Forbidden names the owner.

    Raises Kept, for admins too.
    """
    caller.require(Right.FREE, path)
    with borrow():
        keeps.require_not_kept(caller, path)
        if not caller.may(Right.FREE_ALL, path):
            _refuse_used(caller, path)
            _refuse_strange(caller, path, recursive=recursive)
        return now()


def require_still_freeable(uid: int, params: Params) -> None:
    """Raise Forbidden or Kept if user `uid` may not free the path of a free job that has waited in the queue."""
    with borrow():
        owner = users.get(uid)
    assert owner is not None  # the key of the job's row
    caller = Caller(uid, owner.name, owner.admin)
    require_freeable(caller, params.path, recursive=params.depth is None)


def release(path: str, before: float) -> None:
    """Record that `path` was freed: jobs that ended before epoch second `before` no longer use it."""
    with borrow():
        uses.release(path, before)


def _refuse_used(caller: Caller, path: str) -> None:
    use = uses.of_others(path, caller.uid)
    if use is None:
        return
    if use.is_list:
        message = (
            f"job {use.job} of {use.user} has a file list or several paths, which may name files at or below {path}"
        )
        raise Forbidden(message, cure="wait until it ends, or ask an admin")
    raise Forbidden(f"{path} is used by job {use.job} of {use.user}", cure=f"ask {use.user} or an admin to free it")


def _refuse_strange(caller: Caller, path: str, *, recursive: bool) -> None:
    """Refuse a path that no job of the caller covers. A job with a depth covers single files, down to that depth."""
    for above, depth in uses.covering(path, caller.uid):
        if depth is None or (not recursive and depth_below(path, above) <= depth):
            return
    message = f"none of your preloads and saves that have begun covers {path}"
    raise Forbidden(message, cure="free a path that one of your jobs loaded or saved as a whole, or ask an admin")
