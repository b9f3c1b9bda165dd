"""Temporary files of one attempt: `<root>/.avio/<attempt>/<n>`, on the file system of their final names.

Used in the job process. Hidden from every listing; left-overs of a killed attempt are removed by `sweep`.
"""

import itertools
import os
import shutil
import stat
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import ClassVar, Self

from avio.engines.local.directories import Directory
from avio.engines.local.root import HIDDEN, Root
from avio.faults import fault


class Blocked(OSError):
    """Something that is no plain file lies where a file is to go."""


class Scratch:
    """The temporaries of one attempt in one root. Safe to use from several threads."""

    _numbers: ClassVar = itertools.count()

    def __init__(self, root: Root, attempt: str) -> None:
        self._root = root
        self._name = f"{HIDDEN}/{attempt}"
        self._lock = threading.Lock()
        self._directory: Directory | None = None

    def file(self) -> "Temporary":
        """Return a new, empty temporary file, to be used in a `with`."""
        name = str(next(self._numbers))
        directory = self._directory or self._open()
        try:
            return Temporary(self._root, directory, name)
        except FileNotFoundError:  # somebody has emptied the whole tier
            return Temporary(self._root, self._open(), name)

    def _open(self) -> "Directory":
        with self._lock:
            self._directory = self._root.directory(self._name, make=True)
            return self._directory

    def remove(self) -> None:
        """Remove the directory with all that is left in it."""
        remove_tree(self._root, self._name)
        with suppress(OSError):  # another attempt is at work in it
            os.rmdir(HIDDEN, dir_fd=self._root.fd)


class Temporary:
    """A file on its way to its final name; `fd` is open for reading and writing.

    At the end of its `with` it is closed, and gone unless it was published.
    """

    def __init__(self, root: Root, directory: Directory, name: str) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self.fd = os.open(name, flags, 0o644, dir_fd=directory.fd)
        self._root = root
        self._directory = directory
        self._name = name
        self._published = False

    def publish(self, name: str, unchanged: Callable[[os.stat_result | None], bool], *, durable: bool) -> bool:
        """Give the file its final `name`, if `unchanged` agrees with what lies there; return whether it has it.

        The bytes are on disk before. `durable` has the new name on disk too before this returns.
        """
        os.fsync(self.fd)
        fault("scratch.synced")
        parent, last = self._place(name, durable)
        there = _lstat(last, parent.fd)
        if there is not None and not stat.S_ISREG(there.st_mode):
            raise Blocked(f"/{name} is no plain file here; remove it first")
        if not unchanged(there):
            return False
        os.rename(self._name, last, src_dir_fd=self._directory.fd, dst_dir_fd=parent.fd)
        self._published = True
        fault("scratch.renamed")
        if durable:
            os.fsync(parent.fd)
        return True

    def _place(self, name: str, durable: bool) -> tuple[Directory, str]:
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
    """Remove the temporaries of every attempt that is not in `live()`, which is asked after they were found."""
    if root.stat(HIDDEN) is None:
        return
    fd = root.open(HIDDEN, os.O_RDONLY | os.O_DIRECTORY)
    try:
        found = os.listdir(fd)
        keep = live() if found else ()
        for name in found:
            if name not in keep:
                shutil.rmtree(name, dir_fd=fd, ignore_errors=True)
    finally:
        os.close(fd)


def remove_tree(root: Root, name: str) -> None:
    """Remove the directory `name` of `root`, never following a symlink; nothing there is fine."""
    with suppress(FileNotFoundError):
        parent, last = root.parent(name)
        shutil.rmtree(last, dir_fd=parent.fd, ignore_errors=True)


def _lstat(name: str, directory: int) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return None
