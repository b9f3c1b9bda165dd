"""The book of a tier, `<tier>/.avio/book`: the bytes used there, and the bytes that each running process was promised.

Used in web, intake and the job process. Each process has a place in the book and holds a lock on it: the kernel
takes the lock away when the process dies, so a dead process promises nothing.
"""

import errno
import fcntl
import os
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from avio.engines.local.byte_locks import is_locked, lock
from avio.engines.local.root import HIDDEN, NOT_THERE, Root
from avio.plain_file import open_plain

BOOK = "book"
# Of `avio.engines.local.claims`. The kernel looks at all locks on a file for each new one: so there are some files.
CLAIMS = tuple(f"claims.{number}" for number in range(16))
PLACES = 4096  # processes that may have promises at once
DYING_SECONDS = 0.05  # in which the kernel kills the movers of a process whose locks are gone
LOOK_SECONDS = 1.0  # seconds between two checks that the open file is still the one at its path

_MAGIC = b"AVIOBK1\n"
_HEAD = struct.Struct("<8sqqdd")
_PLACE = struct.Struct("<q")

# Bytes far beyond the end of the file: a lock on one of them guards the whole book, the measuring, or one place.
_BOOK_LOCK, _MEASURE_LOCK, _PLACE_LOCKS = 1 << 40, (1 << 40) + 1, (1 << 40) + 2


@dataclass(slots=True)
class Page:
    """The content of a book while it is locked. Sizes are in bytes.

    `added` counts all bytes ever added. `measured` is when `used` was measured, in epoch seconds, 0 if never;
    `took` is how many seconds that took. `promised` is the sum of the promises of all living processes.
    """

    used: int = 0
    added: int = 0
    measured: float = 0.0
    took: float = 0.0
    promised: int = 0


class Book:
    """The book of the tier at `root`, and the place of this process in it. Not safe to use from several threads."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self._fd = -1
        self._looked = float("-inf")
        self._place = -1
        self._promised = 0
        self._measuring = threading.Lock()

    @contextmanager
    def locked(self) -> Iterator[Page]:
        """Yield the page, and write it back at the end. Only this process sees or changes the book meanwhile.

        Raises OSError if the book cannot be written.
        """
        self._open()
        lock(self._fd, fcntl.F_OFD_SETLKW, fcntl.F_WRLCK, _BOOK_LOCK)
        try:
            page = self._read(self._fd)
            yield page
            head = _HEAD.pack(_MAGIC, max(0, page.used), page.added, page.measured, page.took)
            os.pwrite(self._fd, head, 0)
            if self._place >= 0:  # after `used`: a crash in between counts the bytes once at least
                os.pwrite(self._fd, _PLACE.pack(self._promised), _at(self._place))
        finally:
            lock(self._fd, fcntl.F_OFD_SETLK, fcntl.F_UNLCK, _BOOK_LOCK)

    def look(self) -> Page:
        """Return the page without changing the book: for processes that may not write to the tier."""
        fd = self._root.open_file(f"{HIDDEN}/{BOOK}", os.O_RDONLY)
        try:
            return self._read(fd, change=False)
        finally:
            os.close(fd)

    @property
    def promised(self) -> int:
        """The bytes that this process is promised."""
        return self._promised

    def promise(self, page: Page, size: int) -> None:
        """Add `size` bytes to the promises of this process; fewer if negative. `page` is the locked page."""
        if self._place < 0:
            self._take_place(page)
        self._promised += size
        page.promised += size

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Be the only process and thread that measures the tier."""
        with self._measuring:
            self._open()
            fd = os.dup(self._fd)  # shares the lock, and stays open if the book is opened again meanwhile
            try:
                lock(fd, fcntl.F_OFD_SETLKW, fcntl.F_WRLCK, _MEASURE_LOCK)
                yield
            finally:
                lock(fd, fcntl.F_OFD_SETLK, fcntl.F_UNLCK, _MEASURE_LOCK)
                os.close(fd)

    def close(self) -> None:
        """Give up the place of this process and all its promises."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._place = -1, -1

    def _open(self) -> None:
        """Open the book; open it again if another file is at its path, and take the promises along."""
        if self._fd >= 0 and time.monotonic() - self._looked < LOOK_SECONDS:
            return
        there = self._root.stat(f"{HIDDEN}/{BOOK}")
        if self._fd < 0 or there is None or not os.path.samestat(there, os.fstat(self._fd)):
            fd = open_book(self._root)
            self.close()
            self._fd = fd
            if self._promised:
                self._take_place(Page())
        self._looked = time.monotonic()

    def _read(self, fd: int, *, change: bool = True) -> Page:
        """Return the page. With `change`, remove the promises of dead processes."""
        text = os.pread(fd, _at(PLACES), 0)
        if len(text) < _HEAD.size or not text.startswith(_MAGIC):
            text = bytes(_HEAD.size)  # new, or not ours: nothing in it can be trusted
            if change:
                os.ftruncate(fd, 0)
        _, *head = _HEAD.unpack_from(text)
        page = Page(*head)
        found_dead = False
        for place in range((len(text) - _HEAD.size) // _PLACE.size):
            (promised,) = _PLACE.unpack_from(text, _at(place))
            if promised and (place == self._place or is_locked(fd, _PLACE_LOCKS + place)):
                page.promised += promised
            elif promised and change:
                self._clear(page, place)
                found_dead = True
        if found_dead:  # while nobody else has the book: what its movers still put in place is measured, too
            time.sleep(DYING_SECONDS)
        return page

    def _clear(self, page: Page, place: int) -> None:
        """Empty the place of a dead process. Files that it wrote may be missing in `used`, so that must be measured."""
        os.pwrite(self._fd, bytes(_PLACE.size), _at(place))
        page.measured = 0.0

    def _take_place(self, page: Page) -> None:
        for place in range(PLACES):
            with suppress(BlockingIOError, PermissionError):
                lock(self._fd, fcntl.F_OFD_SETLK, fcntl.F_WRLCK, _PLACE_LOCKS + place)
                if any(os.pread(self._fd, _PLACE.size, _at(place))):
                    self._clear(page, place)
                self._place = place
                return
        raise OSError(errno.EUSERS, "too many processes have promises there", f"{self._root.path}/{HIDDEN}/{BOOK}")


def _at(place: int) -> int:
    return _HEAD.size + place * _PLACE.size


def open_book(root: Root) -> int:
    """Open the book of the tier at `root`."""
    return open_own(root, BOOK)


def open_own(root: Root, name: str) -> int:
    """Open a file of avio in the tier at `root`. A new one is writable for everybody who may write to the tier."""
    try:
        return root.open_file(f"{HIDDEN}/{name}", os.O_RDWR)
    except OSError as error:
        if error.errno not in NOT_THERE:
            raise
    missing = root.stat(HIDDEN) is None
    hidden = root.directory(HIDDEN, make=True)
    if missing:
        give(os.open(".", os.O_RDONLY | os.O_CLOEXEC, dir_fd=hidden.fd), os.fstat(root.fd), 0o755)
    fd = open_plain(name, os.O_RDWR | os.O_CREAT, dir_fd=hidden.fd, mode=0o644)
    give(os.dup(fd), os.fstat(root.fd), 0o644)
    return fd


def give(fd: int, tier: os.stat_result, mode: int) -> None:
    """Give the new `fd` to the owner of the tier, writable for those who may write to the tier, and close it."""
    try:
        with suppress(PermissionError):
            os.fchown(fd, tier.st_uid, tier.st_gid)
        with suppress(PermissionError):
            os.fchmod(fd, mode | (tier.st_mode & 0o022))
    finally:
        os.close(fd)
