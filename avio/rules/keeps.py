"""The rules of keeps: who may keep which path in the cache, for how long, and what a keep refuses. Used by web.

Intake asks them too when a free job begins. No Flask, no click.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from avio.config.keeps import KeepSettings
from avio.db import keeps, users
from avio.db.connection import borrow
from avio.db.order_models import Keep
from avio.db.sql import now
from avio.errors import BadRequest, Conflict, FieldError, NoMount, NotFound, TooMany
from avio.rules.callers import Caller, Right
from avio.terminal.cells import duration
from avio.wire.keeps import HOLDS_AFTER_SECONDS, Status
from avio.wire.paths import shown_path


class Kept(Conflict):
    """Somebody keeps files at, above or below the path in the cache: nobody frees them before the keep ends."""

    reason = "KEPT"


@dataclass(frozen=True, slots=True)
class Shown:
    """A keep as a reply shows it: with the name of its user, and what it is now."""

    keep: Keep
    user: str
    status: Status

    @property
    def holds_at(self) -> float:
        """Return the epoch second from which on nothing drops the files: what had begun before has looked again."""
        return float(self.keep.created_at) + HOLDS_AFTER_SECONDS

    @property
    def ended_at(self) -> float | None:
        """Return the epoch second of its end, if that is over."""
        if self.status not in (Status.EXPIRED, Status.ENDED):
            return None
        return self.keep.until_at if self.keep.ended_at is None else self.keep.ended_at


@dataclass(frozen=True, slots=True)
class Keeps:
    """The rules, with what tells whether a mount covers a path. One for each process.

    `evicts` is True if the cache evicts files by itself, whatever avio keeps.
    """

    covers: Callable[[str], bool]
    settings: KeepSettings
    evicts: bool = False

    def put(self, caller: Caller, path: str, until_at: float | None) -> tuple[Shown, bool]:
        """Keep `path` until an epoch second, or without an end. True if it was made; else the caller's own has it now.

        Nothing need be cached there yet. Raises Forbidden, NoMount, BadRequest, TooMany; Conflict while a free job has
        not ended there.
        """
        caller.require(Right.KEEP, path)
        if not self.covers(path):
            raise NoMount(path)
        with borrow():
            self._require_allowed(caller, until_at, now())
            try:
                keep, made = keeps.put(caller.uid, shown_path(path), until_at, self.settings.keeps_max)
            except keeps.TooManyKeeps:
                message = f"you keep {self.settings.keeps_max} paths already"
                raise TooMany(message, cure="end a keep that you no longer need, or keep a directory above") from None
            except keeps.BeingFreed as error:
                message = f"free job {error.by.job} of {error.by.user} drops files there, and has not ended"
                raise Conflict(message, cure="keep the path when the job has ended, or cancel the job first") from None
            return _shown(keep, {caller.uid: caller.name}, now()), made

    def list_keeps(
        self, caller: Caller, size: int, after: str | None = None, path: str | None = None
    ) -> tuple[list[Shown], str | None]:
        """Return a page of keeps, newest first, and the id after which the next one begins.

        With `path` those of all users that hold files at, above or below it; without, the caller's own, ended ones too.
        Admins see all.
        """
        caller.require(Right.LOOK, path or "/")
        with borrow():
            if path is not None:
                page = keeps.page_touching(shown_path(path), size + 1, after)
            else:
                page = keeps.page(None if caller.may(Right.OTHERS_JOBS) else caller.uid, size + 1, after)
            names, at = users.names({keep.uid for keep in page}), now()
        return [_shown(keep, names, at) for keep in page[:size]], page[size - 1].id if len(page) > size else None

    def get(self, caller: Caller, keep: str) -> Shown:
        """Return a keep. Raise NotFound also for another user's."""
        with borrow():
            found = _find(caller, keep)
            return _shown(found, users.names({found.uid}), now())

    def end(self, caller: Caller, keep: str) -> Shown:
        """End a keep: of the caller, or any for an admin. Idempotent. Raise NotFound as `get`."""
        with borrow():
            found = _find(caller, keep)
            keeps.end(found.id, caller.name)
        return self.get(caller, keep)

    def _require_allowed(self, caller: Caller, until_at: float | None, at: float) -> None:
        longest = 0 if caller.admin else self.settings.keep_longest
        wrong = ""
        if until_at is not None and until_at <= at:
            wrong = "is over already; give a time that is to come"
        elif longest and (until_at is None or until_at > at + longest):
            wrong = f"may be {duration(longest)} from now at most; keep the path again before that, or ask an admin"
            if until_at is None:
                wrong = f"is missing, which is for ever: {wrong}"
        if wrong:
            raise BadRequest("the keep is invalid", [FieldError("until", wrong)])


def require_not_kept(caller: Caller, path: str) -> None:
    """Raise Kept if files at or below `path` are kept, by whomever: an admin ends the keep first. Needs a connection.

    A keep above `path` holds them, too.
    """
    held = keeps.touching(shown_path(path))
    if held is not None:
        raise kept_error(held, caller.uid, may_end=caller.may(Right.OTHERS_JOBS))


def kept_error(held: keeps.Held, uid: int, *, may_end: bool = False) -> Kept:
    """Return the error for user `uid` whose free an open keep refuses. `may_end`: that user may end those of others."""
    left = "" if held.seconds_left is None else f" for another {duration(held.seconds_left)}"
    if held.uid == uid:
        return Kept(f"you keep {held.path} cached{left} (keep {held.id})", cure="end it first: DELETE /keeps/{id}")
    message = f"{held.user} keeps {held.path} cached{left} (keep {held.id})"
    if may_end:
        return Kept(message, cure="end it by its id first: DELETE /keeps/{id}")
    cure = f"ask {held.user} or an admin to end it" + ("" if held.seconds_left is None else ", or wait")
    return Kept(message, cure=cure)


def _find(caller: Caller, keep: str) -> Keep:
    found = keeps.find(keep, None if caller.may(Right.OTHERS_JOBS) else caller.uid)
    if found is None:
        raise NotFound(f"no such keep: {keep}", cure="avio keep lists your keeps")
    return found


def _shown(keep: Keep, names: Mapping[int, str], at: float) -> Shown:
    if keep.ended_at is not None:
        status = Status.ENDED
    elif keep.until_at is not None and keep.until_at <= at:
        status = Status.EXPIRED
    else:
        status = Status.STARTING if at < keep.created_at + HOLDS_AFTER_SECONDS else Status.ACTIVE
    return Shown(keep, names.get(keep.uid, ""), status)
