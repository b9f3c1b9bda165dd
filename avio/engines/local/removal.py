"""Removes a file only if it is the one that was judged: it is moved aside, compared, and put back if it changed.

Used in web and the job process.
"""

import errno
import itertools
import os
from contextlib import suppress
from typing import Protocol

from avio.engines.local.directories import Directory
from avio.engines.local.open_writers import has_writer
from avio.engines.local.rename import move
from avio.engines.local.root import HIDDEN, Root
from avio.engines.local.sticky import explained
from avio.plain_file import open_plain

ASIDE = "aside-"  # begins the names of files that are moved aside, in avio's own directory of a root

_numbers = itertools.count()


class Judged(Protocol):
    """The file as it was when its state was judged."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def mtime_ns(self) -> int:
        """Time of its bytes, in nanoseconds."""

    @property
    def ctime_ns(self) -> int:
        """Time of its last change of any kind, in nanoseconds."""

    @property
    def inode(self) -> int:
        """Its number."""


def remove_unchanged(root: Root, name: str, judged: Judged) -> bool:
    """Remove the file `name` of `root` if it is still the `judged` one, and return True.

    A file that changed, that another one has replaced, or that a program has open for writing stays. Raise OSError.
    """
    try:
        parent, last = root.parent(name)
        before = os.stat(last, dir_fd=parent.fd, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return False
    if not _is(before, judged) or before.st_ctime_ns != judged.ctime_ns:
        return False
    hidden = root.directory(HIDDEN, make=True)
    aside = f"{ASIDE}{os.getpid()}-{next(_numbers)}"
    try:
        os.rename(last, aside, src_dir_fd=parent.fd, dst_dir_fd=hidden.fd)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno != errno.EXDEV:  # a file system is mounted inside of the root
            raise explained(error, parent.fd, last) from None
        if is_written(parent, last) or not _is(os.stat(last, dir_fd=parent.fd, follow_symlinks=False), judged):
            return False
        os.unlink(last, dir_fd=parent.fd)
        return True
    if _is(os.stat(aside, dir_fd=hidden.fd, follow_symlinks=False), judged) and not is_written(hidden, aside):
        os.unlink(aside, dir_fd=hidden.fd)
        return True
    _put_back(hidden, aside, parent, last)
    return False


def _is(status: os.stat_result, judged: Judged) -> bool:
    return (status.st_size, status.st_mtime_ns, status.st_ino) == (judged.size, judged.mtime_ns, judged.inode)


def is_written(directory: Directory, name: str) -> bool:
    """Return True if a program surely has the file open for writing."""
    with suppress(OSError):
        fd = open_plain(name, os.O_RDONLY, dir_fd=directory.fd)
        try:
            return bool(has_writer(fd))
        finally:
            os.close(fd)
    return False


def _put_back(hidden: Directory, aside: str, parent: Directory, name: str) -> None:
    """Give the file its name again, or one beside it if the name was taken meanwhile."""
    for number in itertools.count():
        with suppress(FileExistsError):
            move((hidden.fd, aside), (parent.fd, f"{name}.kept-{number}" if number else name))
            return
