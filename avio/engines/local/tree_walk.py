"""The sorted walk of a directory tree: one read of each directory that is not very large, one stat of each file.

Used by tiers and `file://` buckets, in web and the job process. Holds few directories open, however deep a tree
is, and the entries of one directory per level.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

from avio.engines.local.directories import Directory
from avio.engines.local.directory_window import Found, LeaveOut, Place, open_directory, read_in_order
from avio.engines.local.left_out import Identity, directory_refusal, too_long, unreadable
from avio.engines.local.root import NOT_THERE, Root
from avio.errors import EngineError

# The lowest levels whose directories stay open, so that their subdirectories are opened by one name. Web walks several
# trees in each of its threads, all within its limit of open files.
HELD_LEVELS = 4
RUN_FILES = 5000  # files that are passed on at once

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

# Sorts after every name: `directory + "/" + LAST` is the place directly after the whole directory.
LAST = "\U0010ffff"


def accept(path: str) -> bool:
    """Return True: a symlink may lead to anything inside the root."""
    return True


def ignore(key: str, error: EngineError) -> None:
    """Drop it: the caller does not count what is left out."""


class Walk(NamedTuple):
    """Where and how to walk. Keys are relative to `base`, a directory of the root.

    `prefix` is "" or a directory's key with a final slash: only that directory is walked. `after` is the
    key after which to begin. `separator` stands for a slash in the order of keys. Directories in `skip`
    (keys) are skipped, and those more than `depth` levels below the prefix. With `follow`, a symlink counts as what
    it leads to inside the root, if `accepts` returns True for its path from the root. `leave_out` is called with the
    key of everything else that is not a plain file.
    At most `window` entries of a directory are held.
    """

    root: Root
    base: str
    prefix: str = ""
    after: str = ""
    separator: str = "/"
    depth: int | None = None
    skip: frozenset[str] = frozenset()
    follow: bool = False
    leave_out: LeaveOut = ignore
    copied_to: str = ""
    window: int = 100_000
    accepts: Callable[[str], bool] = accept


class Level(NamedTuple):
    """A directory that is walked: open for its subdirectories if it is one of the lowest, and what is in it."""

    directory: Directory | None
    identity: Identity
    entries: Iterator[Found]


_NOTHING = Level(None, (0, 0), iter(()))


def runs(how: Walk) -> Iterator[list[Found]]:
    """Yield the plain files in key order, in non-empty runs of one directory.

    A missing directory counts as empty. An unreadable directory is left out; at the prefix itself its error is raised.
    """
    levels = [_read(how, how.prefix, [])]
    while levels:
        run: list[Found] = []
        below = None
        for found in levels[-1].entries:
            if found[1] >= 0:
                run.append(found)
                if len(run) >= min(RUN_FILES, how.window):
                    yield run
                    run = []
            elif how.depth is None or len(levels) < how.depth:
                below = found[0]
                break
        if run:
            yield run
        if below is None:
            levels.pop()
        else:
            levels.append(_read(how, below, levels))
            if len(levels) > HELD_LEVELS:
                levels[-1 - HELD_LEVELS] = levels[-1 - HELD_LEVELS]._replace(directory=None)


def level(how: Walk) -> Iterator[list[Found]]:
    """Yield what is directly in the prefix, in key order, in non-empty runs. A directory has a slash and size -1.

    A directory without any file is skipped. `after` may be a directory with a slash: what is in it counts as before.
    """
    entries = _read(how, how.prefix, []).entries
    wanted = (found for found in entries if found[0] != how.after and (found[1] >= 0 or _has_file(how, found[0])))
    return iter(lambda: list(islice(wanted, min(RUN_FILES, how.window))), [])


def _has_file(how: Walk, prefix: str) -> bool:
    """Return True if a plain file is below a directory. If there is none, all that is below is left out by name."""
    if _finds_file(how, prefix):
        return True
    try:
        return next(runs(how._replace(prefix=prefix, after="", depth=None)), None) is not None
    except PermissionError:
        how.leave_out(prefix, unreadable())
        return False


def _finds_file(how: Walk, prefix: str) -> bool:
    """Return True if a look at the names alone finds a plain file below a directory."""
    inside = [prefix]
    while inside:
        prefix = inside.pop()
        with suppress(OSError):
            directory = open_directory(how.root, f"{how.base}/{prefix}" if how.base else prefix, follow=False)
            with os.scandir(directory.fd) as entries:
                for entry in entries:
                    if entry.is_file(follow_symlinks=False):
                        return True
                    if entry.is_dir(follow_symlinks=False):
                        inside.append(f"{prefix}{entry.name}/")
    return False


def _read(how: Walk, prefix: str, levels: list[Level]) -> Level:
    """Return a directory and its entries, in order. Its subdirectories end in a slash and have size -1."""
    path = f"{how.base}/{prefix}" if how.base else prefix
    if levels and (long := too_long(how.copied_to + path, "")) is not None:  # the kernel would not find it
        how.leave_out(prefix, long)
        return _NOTHING
    try:
        directory = _open(how, path, prefix, levels)
        status = os.fstat(directory.fd)
    except OSError as error:
        if how.root.lacks(error):
            return _NOTHING
        if not levels or not isinstance(error, PermissionError):
            raise
        how.leave_out(prefix, unreadable())
        return _NOTHING
    identity = status.st_dev, status.st_ino
    above = [each.identity for each in levels]
    refusal = directory_refusal(how.copied_to + path, identity, above, follow=how.follow)
    if refusal is not None:
        how.leave_out(prefix, refusal)
        return _NOTHING
    place = Place(
        how.root,
        path,
        prefix,
        how.after,
        how.separator,
        how.skip,
        how.follow,
        how.copied_to,
        how.window,
        how.leave_out,
        how.accepts,
    )
    return Level(directory, identity, read_in_order(place, directory))


def _open(how: Walk, path: str, prefix: str, levels: list[Level]) -> Directory:
    """Open a directory in its parent, or from the root if the parent is not open."""
    above = levels[-1].directory if levels else None
    if above is not None:
        try:
            return Directory(os.open(prefix[prefix.rfind("/", 0, -1) + 1 : -1], _OPEN, dir_fd=above.fd))
        except OSError as error:
            if not how.follow or error.errno not in NOT_THERE:
                raise
    return open_directory(how.root, path, follow=how.follow and bool(levels))
