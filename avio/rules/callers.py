"""Callers and their rights: the one place that decides about rights. Used by web and admin; no Flask, no click."""

from dataclasses import dataclass
from enum import StrEnum

from avio.errors import Forbidden


class Right(StrEnum):
    """What a caller may do at or below a path."""

    LOOK = "look"  # list, stat, tiers; order ls and stat jobs
    LOAD = "load"  # preload files
    SAVE = "save"  # save files
    KEEP = "keep files in the cache"
    FREE = "free"  # free files that the caller's own jobs loaded and that no other user uses
    FREE_ALL = "free all"  # free any file
    OTHERS_JOBS = "others' jobs"  # see, cancel, retry and order jobs of other users
    OVERTAKE = "give a job a priority above 0"
    ADMINISTER = "administer"  # users, tokens, nodes


# Rights of every user at every path.
EVERYBODY = frozenset({Right.LOOK, Right.LOAD, Right.SAVE, Right.KEEP, Right.FREE})

# Rights that depend on the path; a message names it.
AT_PATHS = EVERYBODY | {Right.FREE_ALL}


@dataclass(frozen=True, slots=True)
class Caller:
    """The user who asks."""

    uid: int
    name: str
    admin: bool
    may_overtake: bool = False

    def may(self, right: Right, path: str = "/") -> bool:
        """Return True if the caller has `right` at or below the canonical `path`."""
        return self.admin or right in EVERYBODY or (right is Right.OVERTAKE and self.may_overtake)

    def require(self, right: Right, path: str = "/") -> None:
        """Raise Forbidden unless the caller has `right` at or below `path`."""
        if not self.may(right, path):
            at = f" at {path}" if right in AT_PATHS else ""
            raise Forbidden(f"{self.name} may not {right.value}{at}", cure="ask an admin")


# The caller of avio-server: a person who can read the server's settings owns the database anyway.
LOCAL_ADMIN = Caller(0, "avio-server", admin=True)
