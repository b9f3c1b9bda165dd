"""The sorted walk of a directory tree: one read of each directory, one stat of each file.

Used by tiers and `file://` buckets, in web and the job process. Holds one directory per level at a time.
"""

import os
from collections.abc import Iterator
from typing import NamedTuple

from avio.engines.local.directories import Directory
from avio.engines.local.root import HIDDEN, NOT_THERE, Root

HELD_LEVELS = 64  # levels whose directories are held open, so that those in them are opened by one name

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

# Sorts after every name: `directory + "/" + LAST` is a place right after the whole directory.
LAST = "\U0010ffff"


class Walk(NamedTuple):
    """Where and how to walk. Keys are relative to `base`, a directory of the root.

    `prefix` is "" or a directory's key with a slash at its end: only what lies in it is walked. `after` is the
    key after which to begin. `separator` is what a slash counts as in the order of keys. Directories in `skip`
    (keys) are left out, and those more than `depth` levels below the prefix.
    """

    root: Root
    base: str
    prefix: str = ""
    after: str = ""
    separator: str = "/"
    depth: int | None = None
    skip: frozenset[str] = frozenset()


# Key, size in bytes, mtime in nanoseconds, no etag: what a bucket's `Source` is, as a bare tuple; there are very many.
Found = tuple[str, int, int, None]


def runs(how: Walk) -> Iterator[list[Found]]:
    """Yield the plain files in key order, those between two directories at once, never none.

    A directory that is not there, or vanishes, is empty. Symlinks, sockets and the like are left out, and so are
    names that are no UTF-8.
    """
    levels = [_read(how, how.prefix, None)]
    while levels:
        directory, entries = levels[-1]
        run: list[Found] = []
        below = None
        for found in entries:
            if found[1] >= 0:
                run.append(found)
            elif how.depth is None or len(levels) < how.depth:
                below = found[0]
                break
        if run:
            yield run
        if below is None:
            levels.pop()
        else:
            levels.append(_read(how, below, directory if len(levels) < HELD_LEVELS else None))


def _read(how: Walk, prefix: str, above: Directory | None) -> tuple[Directory | None, Iterator[Found]]:
    """Return a directory and what is in it, in order; its directories end in a slash and have size -1.

    It is opened in `above`, the directory that holds it, or from the root on where that is not held.
    """
    path = f"{how.base}/{prefix}" if how.base else prefix
    try:
        if above is None:
            directory = Directory(how.root.open(path.rstrip("/"), os.O_RDONLY | os.O_DIRECTORY))
        else:
            directory = Directory(os.open(prefix[prefix.rfind("/", 0, -1) + 1 : -1], _OPEN, dir_fd=above.fd))
    except OSError as error:
        if error.errno in NOT_THERE:
            return None, iter(())
        raise
    found: list[Found] = []
    with os.scandir(directory.fd) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                found.append((prefix + entry.name, status.st_size, status.st_mtime_ns, None))
            elif entry.is_dir(follow_symlinks=False) and (path or entry.name != HIDDEN):
                found.append((f"{prefix}{entry.name}/", -1, 0, None))
    return directory, iter(_in_order(how, prefix, found))


def _in_order(how: Walk, prefix: str, found: list[Found]) -> list[Found]:
    """Return what is wanted of a directory, sorted."""
    place = how.after.replace("/", how.separator) if how.after.startswith(prefix) else ""
    if how.skip or place or not "".join([each[0] for each in found]).isascii():
        found = [each for each in found if _is_wanted(how, each[0], place)]
    if how.separator == "/":
        found.sort()
    else:
        found.sort(key=lambda each: each[0].replace("/", how.separator))
    return found


def _is_wanted(how: Walk, key: str, place: str) -> bool:
    """Tell whether `key` lies behind `place` or on the way to it, and is neither skipped nor unspeakable."""
    if any(0xD800 <= ord(character) <= 0xDFFF for character in key) or key.rstrip("/") in how.skip:
        return False
    behind = key.replace("/", how.separator) > place
    return behind or (key.endswith("/") and how.after.startswith(key))
