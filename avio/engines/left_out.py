"""What a walk meets and can't handle, and what is called with it.

Used in web and the job process.
"""

from collections.abc import Callable
from dataclasses import dataclass

from avio.errors import EngineError


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a walk met and can't handle: its path, a reason for programs, a message and a cure for people."""

    path: str
    reason: str
    message: str
    cure: str = ""

    @classmethod
    def of(cls, path: str, error: EngineError) -> "LeftOut":
        """Return it with the reason, message and cure of `error`."""
        return cls(path, error.reason, error.message, error.cure)


# Called with each path that a walk leaves out, in the thread of the walk.
LeaveOut = Callable[[LeftOut], None]


# Called with the path and the error of a file that can't be checked, maybe in another thread.
Unchecked = Callable[[str, EngineError], None]


def fail(path: str, error: EngineError) -> None:
    """Raise `error`: the caller needs all files checked."""
    raise error


def ignore(left: LeftOut) -> None:
    """Drop `left`: the caller does not count what is left out."""


class Symlink(EngineError):
    """A symlink. What it leads to may be anywhere, or be counted twice."""

    reason = "SYMLINK"
    cure = "use symlinks=follow, which takes what it leads to inside its mount, or symlinks=skip"


class SpecialFile(EngineError):
    """A FIFO, a socket or a device: it has no content to copy."""

    reason = "SPECIAL_FILE"
    cure = "move it to another directory"


class NameNotHeld(EngineError):
    """The store can't hold this name."""

    reason = "NAME_NOT_HELD"
    status = 400
    cure = "rename the file"


class Unreadable(EngineError):
    """avio may not read this directory or file."""

    reason = "UNREADABLE"
    status = 403
    cure = "give the user of avio read access to it"


class PathTooLong(EngineError):
    """The path is longer than a path may be."""

    reason = "PATH_TOO_LONG"
    cure = "shorten the names of its directories"


class NotListed(EngineError):
    """The cache could not list this directory of its bucket. What it shows of it may not be all."""

    reason = "NOT_LISTED"
    status = 502
    cure = "remove or rename what can't be listed, such as a broken symlink or a name that is not UTF-8"


class NamesHidden(EngineError):
    """The bucket has names in this directory that the cache can't show. It shows all others."""

    reason = "NAMES_HIDDEN"
    status = 400
    cure = "rename them in the bucket"


class KeyNotAPath(EngineError):
    """An object of the bucket has a key that is not a path of a file: `a//b`, `a/../b`, a control character."""

    reason = "KEY_NOT_A_PATH"
    status = 400
    cure = "rename the object in the bucket"
