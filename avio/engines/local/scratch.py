"""Temporary files of one attempt: `<root>/.avio/<attempt>/<n>`, on the file system of their final names.

Used in the job process. No listing shows them. `sweep` removes the temporary files of a killed attempt.
"""

import itertools
import os
import shutil
import stat
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from typing import ClassVar, Self

from avio.engines.local.book import CLAIMS
from avio.engines.local.directories import Directory
from avio.engines.local.removal import ASIDE, is_written
from avio.engines.local.rename import LACKING, move, swap
from avio.engines.local.root import HIDDEN, Root
from avio.engines.local.sticky import explained
from avio.faults import fault

# What is not the directory of an attempt: the marker, the book and the claims of a tier.
OWN_FILES = ("book", "tier", *CLAIMS)

# Of a temporary file: new, and open for reading and writing.
OPEN_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

ASIDE_SECONDS = 3600.0  # seconds after which a file that was moved aside belongs to no living process


class Blocked(OSError):
    """The final name exists, and is not a plain file."""


class Scratch:
    """The temporary files of one process of an attempt in one root. Safe to use from several threads."""

    _numbers: ClassVar = itertools.count()

    def __init__(self, root: Root, attempt: str) -> None:
        self._root = root
        self._name = f"{HIDDEN}/{attempt}"
        self._lock = threading.Lock()
        self._directory: Directory | None = None
        self._process = os.urandom(4).hex()  # all processes of an attempt share its directory

    def file(self, suffix: str = "", mode: int = 0o644) -> "Temporary":
        """Return a new, empty temporary file with the rights `mode`, for a `with`. Its name ends in `suffix`."""
        name = f"{self._process}.{next(self._numbers)}{suffix}"
        directory = self._directory or self._open()
        try:
            return Temporary(self._root, directory, self._name, name, mode)
        except OSError as error:
            if not self._root.lacks(error):
                raise
            # Another program has emptied the whole tier.
            return Temporary(self._root, self._open(), self._name, name, mode)

    def place(self) -> tuple[Directory, Iterator[str]]:
        """Return the directory of temporary files, and new names for it, for who makes and removes many by itself.

        The directory may be gone, since another program may have emptied the whole tier.
        """
        return self._directory or self._open(), (f"{self._process}.{number}" for number in self._numbers)

    def _open(self) -> "Directory":
        with self._lock:
            self._directory = self._root.directory(self._name, make=True)
            return self._directory

    def remove(self) -> None:
        """Remove the directory and all files in it."""
        remove_tree(self._root, self._name)
        with suppress(OSError):  # another attempt uses it
            os.rmdir(HIDDEN, dir_fd=self._root.fd)


class Temporary:
    """A file before it gets its final name. `fd` is open for reading and writing; `place` is its present name.

    At the end of its `with` it is closed, and removed unless it was published.
    """

    def __init__(self, root: Root, directory: Directory, above: str, name: str, mode: int) -> None:
        self.fd = os.open(name, OPEN_FLAGS, mode, dir_fd=directory.fd)
        self._root = root
        self._directory = directory
        self._name = name
        self.place = f"{above}/{name}"
        self._published = False

    def sync(self) -> None:
        """Put the bytes on disk."""
        os.fsync(self.fd)
        self.synced()

    def synced(self) -> None:
        """Note that the bytes are on disk."""
        fault("scratch.synced")

    def publish_new(self, name: str) -> bool:
        """Give the file its final `name` if no file has it. Return True if it was done. `sync` comes before."""
        parent, last = self._root.parent(name, make=True)
        try:
            move((self._directory.fd, self._name), (parent.fd, last))
        except FileExistsError:
            _require_plain(_lstat(last, parent.fd), name)
            return False
        self._renamed()
        return True

    def publish(self, name: str, unchanged: Callable[[os.stat_result | None], bool], *, durable: bool) -> bool:
        """Give the file its final `name` if `unchanged` accepts the present file. Return True if it was done.

        `sync` comes before. With `durable` the new name is on disk when this returns.
        """
        parent, last = self._target(name, durable)
        there = _lstat(last, parent.fd)
        _require_plain(there, name)
        if not unchanged(there) or not self._place(parent, last, there, unchanged):
            return False
        self._renamed()
        if durable:
            os.fsync(parent.fd)
        return True

    def _renamed(self) -> None:
        self._published = True
        fault("scratch.renamed")

    def keep(self) -> None:
        """Let the file outlive its `with` under its temporary name, until the sweep."""
        self._published = True

    def drop(self) -> None:
        """Take `keep` back."""
        self._published = False

    def _place(
        self,
        parent: Directory,
        last: str,
        there: os.stat_result | None,
        unchanged: Callable[[os.stat_result | None], bool],
    ) -> bool:
        """Rename the file to `last`. Return False if another program changed the name in the last moment."""
        own, target = (self._directory.fd, self._name), (parent.fd, last)
        try:
            if there is None:
                move(own, target)
                return True
            swap(own, target)
        except FileExistsError:
            return False
        except FileNotFoundError:
            if there is None:  # the temporary file is gone
                raise
            return unchanged(None) and self._place(parent, last, None, unchanged)
        except OSError as error:
            if error.errno not in LACKING:
                raise
            self._rename(parent, last)
            return True
        replaced = _lstat(self._name, self._directory.fd)
        if (_same_file(replaced, there) or unchanged(replaced)) and not is_written(self._directory, self._name):
            with suppress(FileNotFoundError):
                os.unlink(self._name, dir_fd=self._directory.fd)
            return True
        swap(own, target)
        return False

    def _rename(self, parent: Directory, last: str) -> None:
        try:
            os.rename(self._name, last, src_dir_fd=self._directory.fd, dst_dir_fd=parent.fd)
        except PermissionError as error:
            raise explained(error, parent.fd, last) from None

    def _target(self, name: str, durable: bool) -> tuple[Directory, str]:
        if not durable:
            return self._root.parent(name, make=True)
        above, _, last = name.rpartition("/")
        return self._root.directory(above, make=True, durable=True), last

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file, and remove it unless it was published."""
        os.close(self.fd)
        if not self._published:
            with suppress(FileNotFoundError):
                os.unlink(self._name, dir_fd=self._directory.fd)


def sweep(root: Root, live: Callable[[], Collection[str]]) -> None:
    """Remove the temporary files of every attempt that is not in `live()`, which is called after the search."""
    if root.stat(HIDDEN) is None:
        return
    fd = root.open(HIDDEN, os.O_RDONLY | os.O_DIRECTORY)
    try:
        found = os.listdir(fd)
        keep = live() if found else ()
        for name in found:
            if name.startswith(ASIDE):
                _sweep_aside(name, fd)
            elif name not in keep and name not in OWN_FILES:
                shutil.rmtree(name, dir_fd=fd, ignore_errors=True)
    finally:
        os.close(fd)


def _sweep_aside(name: str, directory: int) -> None:
    """Remove a file that a killed process had moved aside to remove it. Its work takes no time."""
    status = _lstat(name, directory)
    if status is not None and time.time() - status.st_ctime > ASIDE_SECONDS:
        with suppress(OSError):
            os.unlink(name, dir_fd=directory)


def remove_tree(root: Root, name: str) -> None:
    """Remove the directory `name` of `root`, if it exists. Never follows a symlink."""
    with suppress(FileNotFoundError):
        parent, last = root.parent(name)
        shutil.rmtree(last, dir_fd=parent.fd, ignore_errors=True)


def _same_file(one: os.stat_result | None, other: os.stat_result) -> bool:
    """Return True if both are of one file with the same bytes. A rename changes the ctime."""
    seen = (other.st_ino, other.st_size, other.st_mtime_ns)
    return one is not None and (one.st_ino, one.st_size, one.st_mtime_ns) == seen


def _require_plain(there: os.stat_result | None, name: str) -> None:
    if there is not None and not stat.S_ISREG(there.st_mode):
        raise Blocked(f"/{name} is not a plain file; remove it first")


def _lstat(name: str, directory: int) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return None
