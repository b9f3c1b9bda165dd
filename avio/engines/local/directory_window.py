"""The entries of a directory in key order, a window at a time: memory stays flat in a directory of millions of files.

Used by `tree_walk`, in web and the job process.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

from avio.engines.local.directories import Directory
from avio.engines.local.kept_names import KeptNames, Name, Names
from avio.engines.local.left_out import entry_refusal, own_name, too_long, unreadable
from avio.engines.local.root import HIDDEN, NOT_THERE, Root
from avio.errors import EngineError

LeaveOut = Callable[[str, EngineError], None]

# Key, size in bytes, mtime in nanoseconds, no etag: a bucket's `Source` as a plain tuple, since there are very many.
Found = tuple[str, int, int, None]

_kept = KeptNames()


class Place(NamedTuple):
    """A directory and how to read it. `path` is from the root, `prefix` its key; both end in a slash or are empty.

    `after` is the key after which to begin, `separator` stands for a slash in the order of keys. Keys in `skip` are
    skipped. At most `window` entries are held. With `follow`, a symlink counts as what it leads to inside the root, if
    `accepts` returns True for its path.
    """

    root: Root
    path: str
    prefix: str
    after: str
    separator: str
    skip: frozenset[str]
    follow: bool
    copied_to: str
    window: int
    leave_out: LeaveOut
    accepts: Callable[[str], bool]


def read_in_order(place: Place, directory: Directory) -> Iterator[Found]:
    """Return what is in the open `directory`, in order. Subdirectories end in a slash and have size -1.

    What is neither a file nor a directory is left out. The iterator does not keep `directory` open: it opens it again
    for each window but the first.
    """
    inside = place.after.removeprefix(place.prefix) if place.after.startswith(place.prefix) else ""
    above, slash, _ = inside.partition("/")
    found, end = _window(place, directory, inside.replace("/", place.separator), above if slash else "")
    return iter(found) if end is None else chain(found, _rest(place, end))


def _rest(place: Place, end: str | None) -> Iterator[Found]:
    while end is not None:
        try:
            directory = open_directory(place.root, place.path, follow=place.follow)
        except OSError as error:
            if place.root.lacks(error):
                return
            raise
        found, end = _window(place, directory, end, "")
        del directory  # closed while the walk is below
        yield from found


def open_directory(root: Root, path: str, *, follow: bool) -> Directory:
    """Open a directory from the root. Raises OSError."""
    try:
        return Directory(root.open(path.rstrip("/"), os.O_RDONLY | os.O_DIRECTORY))
    except OSError as error:
        if follow and error.errno in NOT_THERE:
            return Directory(root.follow(path.rstrip("/"), os.O_RDONLY | os.O_DIRECTORY))
        raise


def _window(place: Place, directory: Directory, after: str, above: str) -> tuple[list[Found], str | None]:
    """Return the entries after `after` and the directory `above`, and the end of the window if there are more.

    A directory that another machine removed meanwhile has none.
    """
    try:
        return _present(place, directory, after, above)
    except OSError as error:
        if error.errno == errno.ESTALE and place.root.lacks(error):
            return [], None
        raise


def _present(place: Place, directory: Directory, after: str, above: str) -> tuple[list[Found], str | None]:
    status = os.fstat(directory.fd)
    how = (place.separator, place.skip and (place.prefix, place.skip))
    names = None if place.follow else _kept.find(status, how, after, above)
    if names is None:
        names = _read_names(place, directory, after, above)
        if not above and not place.follow:  # what a symlink leads to changes without its directory
            _kept.keep(status, how, after, names)
    in_tier = place.copied_to + place.path
    found = (_look(place, directory.fd, in_tier, *name) for name in names.names)
    return [each for each in found if each is not None], names.end


def _read_names(place: Place, directory: Directory, after: str, above: str) -> Names:
    """Read the whole directory, and keep the first names after `after`, at most `place.window`."""
    with os.scandir(directory.fd) as entries:
        first = list(islice(entries, place.window + 1))
        if len(first) <= place.window:
            return Names(sorted(_wanted(place, first, after, above)), None, len(first))
        least, is_cut = _least(_wanted(place, chain(first, entries), after, above), place.window)
    return Names(least, least[-1].order if is_cut else None, len(first))


def _least(names: Iterator[Name], window: int) -> tuple[list[Name], bool]:
    """Return the first `window` names in order, and True if there are more. Holds twice as many: lists sort fast."""
    least: list[Name] = []
    is_cut = False
    wanted = (name for name in names if not is_cut or name < least[-1])
    while batch := list(islice(wanted, window)):
        least += batch
        least.sort()
        if len(least) > window:
            is_cut = True
            del least[window:]
    return least, is_cut


def _wanted(place: Place, entries: "Iterable[os.DirEntry[str]]", after: str, above: str) -> Iterator[Name]:
    separator, skip, follow = place.separator, place.skip, place.follow
    for entry in entries:
        name = entry.name
        is_directory = entry.is_dir(follow_symlinks=False) or (follow and _leads_to_directory(place, entry))
        order = name + separator if is_directory else name
        if (order > after or (is_directory and name == above)) and (not skip or place.prefix + name not in skip):
            yield tuple.__new__(Name, (order, name, is_directory))


def _leads_to_directory(place: Place, entry: "os.DirEntry[str]") -> bool:
    status = place.root.target(place.path + entry.name) if entry.is_symlink() else None
    return status is not None and stat.S_ISDIR(status.st_mode) and place.accepts(place.path + entry.name)


def _look(place: Place, directory: int, in_tier: str, _: str, name: str, is_directory: bool) -> Found | None:
    """Return an entry of a directory, or None if it is left out. `in_tier` is the directory's path in a tier."""
    key = place.prefix + name
    if key == HIDDEN:
        if place.path or not _is_real_directory(directory, name):
            place.leave_out(key, own_name())
        return None
    if is_directory:
        return key + "/", -1, 0, None
    try:
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
    except PermissionError:
        place.leave_out(key, unreadable())
        return None
    except OSError as error:
        if place.root.lacks(error):
            return None
        raise
    refusal: EngineError | None = too_long(in_tier, name)
    if refusal is None and not stat.S_ISREG(status.st_mode):
        judged = entry_refusal(place.root, place.path + name, status, place.accepts, follow=place.follow)
        if isinstance(judged, os.stat_result):
            status = judged
        else:
            refusal = judged
    if refusal is not None:
        place.leave_out(key, refusal)
        return None
    return key, status.st_size, status.st_mtime_ns, None


def _is_real_directory(directory: int, name: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return True
