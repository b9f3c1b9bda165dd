"""A directory. Access to its files never follows a symlink.

Used for tiers and `file://` buckets, in web and the job process.
"""

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from avio.engines.local.beneath import follow_inside, open_beneath, step
from avio.engines.local.directories import Directory, Held
from avio.errors import TierNotMounted
from avio.plain_file import NO_RESOURCES, open_plain

HIDDEN = ".avio"  # avio's own directory at the top of a root, for temporary files
MARKER = "tier"  # the file in it that has the id of a tier

LOOK_SECONDS = 1.0  # seconds between two checks that the directory is still the one at its path

# Error numbers that mean "no such file", including a symlink on the way.
NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})


class Root:
    """The directory `path`, made when first needed if `make`.

    Names are relative to it, with `/` between their parts; "" is the directory itself.
    Methods raise OSError; a symlink anywhere on the way is ELOOP or ENOTDIR.
    """

    def __init__(self, path: str, *, make: bool) -> None:
        self.path = path
        self._to_make = make
        self.marker: str | None = None  # the id that the directory must have; then it is never made
        self.open_top: Callable[[str], int] = _open_directory  # for a tier, what refuses unsafe directories
        self._lock = threading.Lock()
        self._opened: list[int] = []  # the open directory, last, and the one before: a thread may still be using it
        self._looked = float("-inf")
        self._held = Held()
        self._holders = 0
        self._round = 0

    @property
    def fd(self) -> int:
        """The open directory itself. It is opened again if another directory is at the path. ENODEV if none is."""
        if (
            time.monotonic() - self._looked > LOOK_SECONDS
        ):  # checked outside of the lock too, since every file passes here
            with self._lock:
                if time.monotonic() - self._looked > LOOK_SECONDS:
                    self._look()
                    self._looked = time.monotonic()
        return self._opened[-1]

    def _look(self) -> None:
        """Open the directory that is at the path now. ENODEV if that is stale, and all files with it."""
        try:
            self._open_anew()
        except OSError as error:
            if error.errno != errno.ESTALE:
                raise
            lost = "its file system has lost the directory (stale file handle)"
            raise OSError(errno.ENODEV, lost, self.path) from None

    def _open_anew(self) -> None:
        if self._to_make and self.marker is None:
            os.makedirs(self.path, mode=0o755, exist_ok=True)
        try:
            fd = self.open_top(self.path)
        except (FileNotFoundError, NotADirectoryError):
            if self.marker is not None:
                raise TierNotMounted(f"{self.path} is not mounted: the directory is missing") from None
            raise OSError(errno.ENODEV, "the directory is not there", self.path) from None
        except PermissionError:
            # A job process may open the directory that was there when it began, and no other, whatever its rights.
            if self.marker is not None and os.access(self.path, os.R_OK | os.X_OK):
                raise TierNotMounted(f"{self.path} is not mounted: another directory is there now") from None
            raise
        try:
            os.fstat(fd)  # NFS tells here, too, that a directory is stale
            is_ours = self.marker is None or read_marker(fd) == self.marker
        except OSError:
            os.close(fd)
            raise
        if not is_ours:
            os.close(fd)
            raise TierNotMounted(f"{self.path} is not mounted: the marker {HIDDEN}/{MARKER} is missing or another's")
        if self._opened and _is_same(fd, self._opened[-1]):
            os.close(fd)
            return
        self._opened.append(fd)
        if len(self._opened) > 2:
            os.close(self._opened.pop(0))

    def look_again(self) -> None:
        """Let go of all held directories, and look whether the directory itself is there still. ENODEV if it is not."""
        with self._lock:
            self._round += 1
            self._looked = float("-inf")
        os.fstat(self.fd)

    def lacks(self, error: OSError) -> bool:
        """Return True if `error` means that a file or directory is not there any longer.

        On NFS that may be ESTALE, of what another machine removed. Raise ENODEV if the root itself is stale.
        """
        if error.errno == errno.ESTALE:
            self.look_again()
            return True
        return error.errno in NOT_THERE

    def open(self, name: str, flags: int) -> int:
        """Open the file or directory `name`. Never creates it."""
        return open_beneath(self.fd, name or ".", flags | os.O_CLOEXEC | os.O_NOFOLLOW)

    def stat(self, name: str, *, again: bool = True) -> os.stat_result | None:
        """Return the lstat of `name`, or None if it or one of its directories does not exist."""
        try:
            if not name:
                return os.fstat(self.fd)
            parent, last = self.parent(name)
            return os.stat(last, dir_fd=parent.fd, follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError as error:
            if not self.lacks(error):
                raise
            return self.stat(name, again=False) if again and error.errno == errno.ESTALE else None

    def open_file(self, name: str, flags: int) -> int:
        """Open the plain file `name`, without waiting. Never creates it. Raise NotPlain if it is none."""
        try:
            parent, last = self.parent(name)
            return open_plain(last, flags, dir_fd=parent.fd)
        except OSError as error:
            if error.errno != errno.ESTALE:
                raise
        self.look_again()
        parent, last = self.parent(name)
        return open_plain(last, flags, dir_fd=parent.fd)

    def follow(self, name: str, flags: int) -> int:
        """Open what `name` leads to, by symlinks too, as long as they stay inside. ENOSYS if the kernel can't check."""
        return follow_inside(self.fd, name, flags | os.O_CLOEXEC)

    def real_name(self, name: str) -> str | None:
        """Return the name of what `name` leads to inside the root, without symlinks; None if it leads elsewhere."""
        found = self._led_to(name)
        if found is None:
            return None
        top, path = (os.readlink(f"/proc/self/fd/{fd}") for fd in (self.fd, found.fd))
        return path.removeprefix(top.rstrip("/") + "/") if path.startswith(top.rstrip("/") + "/") else None

    def target(self, name: str) -> os.stat_result | None:
        """Return the stat of what `name` leads to inside the root, or None if it leads elsewhere or nowhere."""
        found = self._led_to(name)
        return None if found is None else os.fstat(found.fd)

    def _led_to(self, name: str) -> Directory | None:
        try:
            return Directory(self.follow(name, os.O_PATH))
        except OSError as error:
            if error.errno in NO_RESOURCES or error.errno == errno.EIO:
                raise
            return None

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Let each thread hold the last directory it was in, for `directories.HELD_SECONDS`: for work on many files.

        At the beginning and at the end the held directory is released.
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
        """Return the directory `name`, to work in but not to read. With `make`, create missing directories.

        With `durable` it can be fsynced, and new directories are on disk.
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
        if held.directory is None or not held.is_fresh(above, round_no):  # another process may have made it since
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
        """Remove the file `name`, but not its directories."""
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
            fd = step(fd, part, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
        return fd


def _is_same(fd: int, other: int) -> bool:
    """Return True if both are of the same directory. A stale one is another than what is there now."""
    try:
        return os.path.sameopenfile(fd, other)
    except OSError:
        return False


def _open_directory(path: str) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def read_marker(directory: int) -> str | None:
    """Return the id that the open `directory` of a tier has, or None."""
    try:
        fd = open_plain(f"{HIDDEN}/{MARKER}", os.O_RDONLY, dir_fd=directory)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        return os.read(fd, 100).decode("ascii", errors="replace").strip() or None
    finally:
        os.close(fd)
