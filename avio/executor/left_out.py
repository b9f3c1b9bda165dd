"""What a job leaves out because it can't handle it: counted, reported, and told in words.

Runs in the job process, in the lister's thread.
"""

from collections.abc import Callable, Mapping

from avio.engines.left_out import (
    KeyNotAPath,
    LeaveOut,
    LeftOut,
    NameNotHeld,
    NamesHidden,
    NotListed,
    PathTooLong,
    SpecialFile,
    Symlink,
    Unreadable,
)
from avio.executor.seen import Seen
from avio.executor.work import Work
from avio.wire.params import OPTIONS
from avio.wire.states import JobType

# One and several of each reason, in words.
_WORDS = {
    Symlink.reason: ("symlink", "symlinks"),
    SpecialFile.reason: ("special file", "special files"),
    NameNotHeld.reason: ("name that the bucket can't hold", "names that the bucket can't hold"),
    KeyNotAPath.reason: ("object whose key is not a path", "objects whose keys are not paths"),
    Unreadable.reason: ("unreadable directory or file", "unreadable directories or files"),
    NotListed.reason: ("directory that can't be listed", "directories that can't be listed"),
    NamesHidden.reason: ("directory with hidden names", "directories with hidden names"),
    PathTooLong.reason: ("path that is too long", "paths that are too long"),
}


def counting(work: Work, *, excuse: Callable[[LeftOut], bool] | None = None) -> LeaveOut:
    """Return what counts and reports each file that is left out, once.

    A file that `excuse` accepts does not make the job partial.
    """
    accepts = excuse or (lambda left: left.reason == Symlink.reason and work.order.params.symlinks == "skip")

    about_symlinks = _cure_of_symlinks(work.order.type)
    seen: list[Seen] = []  # made by the first one: most jobs leave nothing out

    def leave_out(left: LeftOut) -> None:
        if not seen:
            seen.append(Seen(work.directory / "seen.left_out"))
        if not seen[0].add(left.path):  # the listing began again
            return
        cure = about_symlinks if left.reason == Symlink.reason else left.cure
        work.attempt.left_out(left.path, left.reason, cure, excused=accepts(left))
        work.reporter.left_out(left)

    return leave_out


def _cure_of_symlinks(type_: JobType) -> str:
    """Return what the user of such a job can do about symlinks, by its options."""
    if type_ in OPTIONS["symlinks"].verbs:
        return Symlink.cure
    return "exclude it by filters" if type_ in OPTIONS["filters"].verbs else ""


def in_words(by_reason: Mapping[str, int]) -> str:
    """Return such as `3 files left out: 2 symlinks, 1 special file`; empty if nothing was left out."""
    if not by_reason:
        return ""
    parts = (f"{count} {_words(reason, count)}" for reason, count in sorted(by_reason.items()))
    total = sum(by_reason.values())
    return f"{total} {'file' if total == 1 else 'files'} left out: {', '.join(parts)}"


def _words(reason: str, count: int) -> str:
    one, several = _WORDS.get(reason, (reason, reason))
    return one if count == 1 else several
