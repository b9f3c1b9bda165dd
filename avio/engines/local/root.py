"""A directory whose inside is reached without ever following a symlink.

Used for tiers and `file://` buckets, in web and the job process. The kernel's openat2 checks the whole way in
one call; where it is missing or forbidden (old kernels, old container filters), each part is opened by itself.
"""

import ctypes
import errno
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import ClassVar

from avio.engines.local.directories import Directory, Held

HIDDEN = ".avio"  # the one name at the top of a root that is avio's own: temporaries lie in it

LOOK = 1.0  # seconds between two looks whether the directory is still the one at its path

# What "there is no such thing here" looks like, a symlink on the way included.
NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})

_OPENAT2 = 437  # the number on every architecture
_RESOLVE = 0x04 | 0x08  # RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH
_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class _How(ctypes.Structure):
    _fields_: ClassVar = [("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64)]


class Root:
    """The directory `path`, made when first needed if `make`.

    Names are relative to it, with `/` between their parts; "" is the directory itself.
    Methods raise OSError; a symlink anywhere on the way is ELOOP or ENOTDIR.
    """

    def __init__(self, path: str, *, make: bool) -> None:
        self.path = path
        self._to_make = make
        self._lock = threading.Lock()
        self._opened: list[int] = []  # the open directory, last, and the one before: a thread may still be using it
        self._looked = float("-inf")
        self._held = Held()
        self._holders = 0
        self._round = 0

    @property
    def fd(self) -> int:
        """The open directory itself, anew when another came to lie at the path; ENODEV where none does."""
        if time.monotonic() - self._looked > LOOK:  # asked outside of the lock too: every file comes by here
            with self._lock:
                if time.monotonic() - self._looked > LOOK:
                    self._open_anew()
                    self._looked = time.monotonic()
        return self._opened[-1]

    def _open_anew(self) -> None:
        if self._to_make:
            os.makedirs(self.path, mode=0o755, exist_ok=True)
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            raise OSError(errno.ENODEV, "the directory is not there", self.path) from None
        if self._opened and os.path.sameopenfile(fd, self._opened[-1]):
            os.close(fd)
            return
        self._opened.append(fd)
        if len(self._opened) > 2:
            os.close(self._opened.pop(0))

    def open(self, name: str, flags: int) -> int:
        """Open what lies at `name`; it is never created by this."""
        return _open_beneath(self.fd, name or ".", flags | os.O_CLOEXEC | os.O_NOFOLLOW)

    def stat(self, name: str) -> os.stat_result | None:
        """Return the lstat of `name`; None where nothing is, or where the way to it is no chain of directories."""
        if not name:
            return os.fstat(self.fd)
        try:
            parent, last = self.parent(name)
            return os.stat(last, dir_fd=parent.fd, follow_symlinks=False)
        except OSError as error:
            if error.errno in NOT_THERE:
                return None
            raise

    def open_file(self, name: str, flags: int) -> int:
        """Open the file `name`, which is not created by this."""
        parent, last = self.parent(name)
        return os.open(last, flags | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=parent.fd)

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Let each thread hold the last directory it was in, for `directories.HELD` seconds: for work on many files.

        What was held before is opened anew; afterwards nothing held is used.
        """
        with self._lock:
            self._holders += 1
            self._round += 1
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1
                self._round += 1

    def directory(self, name: str, *, make: bool = False, durable: bool = False) -> Directory:
        """Return the directory `name`, to work in but not to read; with `make` after making what is missing of it.

        With `durable` it can be fsynced, and what is made of it is on disk.
        """
        try:
            return Directory(self.open(name, (os.O_RDONLY if durable else os.O_PATH) | os.O_DIRECTORY))
        except FileNotFoundError:
            if not make:
                raise
        return Directory(self._make(name, durable))

    def parent(self, name: str, *, make: bool = False) -> tuple[Directory, str]:
        """Return the `directory` that holds `name`, and the last part of `name`."""
        above, _, last = name.rpartition("/")
        if not self._holders:
            return self.directory(above, make=make), last
        held, round_no = self._held, self._round
        if not held.is_fresh(above, round_no):
            try:
                held.put(above, self.directory(above), round_no)
            except FileNotFoundError:
                held.put(above, None, round_no)
        if held.directory is None and make:
            held.put(above, self.directory(above, make=True), round_no)
        if held.directory is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), above)
        return held.directory, last

    def unlink(self, name: str) -> None:
        """Remove the file `name`; its directories stay."""
        parent, last = self.parent(name)
        os.unlink(last, dir_fd=parent.fd)

    def _make(self, directory: str, durable: bool) -> int:
        fd = os.dup(self.fd)
        for part in directory.split("/"):
            try:
                with suppress(FileExistsError):
                    os.mkdir(part, 0o755, dir_fd=fd)
                if durable:
                    os.fsync(fd)
            except OSError:
                os.close(fd)
                raise
            fd = _step(fd, part, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
        return fd


def _open_beneath(root: int, name: str, flags: int) -> int:
    how = _How(flags, 0, _RESOLVE)
    while True:
        fd = _libc.syscall(_OPENAT2, root, os.fsencode(name), ctypes.byref(how), ctypes.sizeof(how))
        if fd >= 0:
            return int(fd)
        code = ctypes.get_errno()
        if code in (errno.ENOSYS, errno.EPERM):
            return _open_by_parts(root, name, flags)
        if code not in (errno.EAGAIN, errno.EINTR):  # EAGAIN: a rename was under way somewhere on the path
            raise OSError(code, os.strerror(code), name)


def _open_by_parts(root: int, name: str, flags: int) -> int:
    *directories, last = name.split("/")
    fd = os.dup(root)
    for part in directories:
        fd = _step(fd, part, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
    return _step(fd, last, flags)


def _step(directory: int, part: str, flags: int) -> int:
    """Open `part` in `directory` and close the latter, come what may."""
    try:
        if part == "..":
            raise OSError(errno.EXDEV, "leads out of the directory", part)
        return os.open(part, flags, dir_fd=directory)
    finally:
        os.close(directory)
