"""The paths that running jobs use, as locks on bytes of a book, like those of `frees`: they end with their process.

Used in the job process. A job uses all at and below its paths, so that nothing is kept for each file. An eviction drops
nothing there, and looks under a lock of its own: a job that begins waits for the drop that was decided before.
"""

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from avio.engines.cancel import sleep
from avio.engines.local.byte_locks import digest_of, is_locked, lock
from avio.engines.local.frees import open_first_book
from avio.engines.local.tiers import Tiers
from avio.engines.run import Run
from avio.wire.paths import ancestors

LOOK_SECONDS = 0.05  # between two looks at the lock of a drop
DROP_SECONDS = 30.0  # that one drop may take: a process that is frozen in one keeps nobody from working

_FIRST = 3 << 60  # far beyond the bytes of `frees`
_DROPPING = _FIRST - 1
_DIGEST_BYTES = 7


class PathsInUse:
    """The paths that the jobs of all processes on `tiers` use. Safe to use from several threads."""

    def __init__(self, tiers: Tiers) -> None:
        self._tiers = tiers

    @contextmanager
    def used(self, paths: Sequence[str], run: Run) -> Iterator[None]:
        """Use all at and below `paths` in the block. Return after a drop that began before."""
        fd = open_first_book(self._tiers, make=True)
        try:
            if fd is not None:
                for path in paths:
                    lock(fd, fcntl.F_OFD_SETLK, fcntl.F_RDLCK, _at(path))
                with run.silent(DROP_SECONDS):
                    left = DROP_SECONDS
                    while is_locked(fd, _DROPPING) and left > 0 and sleep(LOOK_SECONDS, run.stopping):
                        left -= LOOK_SECONDS
            yield
        finally:
            if fd is not None:
                os.close(fd)

    @contextmanager
    def look(self) -> Iterator["Look"]:
        """Yield a look at the paths that are in use."""
        fd = open_first_book(self._tiers, make=True, write=True)
        try:
            yield Look(fd)
        finally:
            if fd is not None:
                os.close(fd)


class Look:
    """Tells which paths are in use. For one thread."""

    def __init__(self, fd: int | None) -> None:
        self._fd = fd
        self._directory: tuple[str, bool] | None = None
        self._patience = DROP_SECONDS  # with another process that is in a drop

    def is_used(self, path: str) -> bool:
        """Return True if a running job uses the file `path`. Without a book nobody knows."""
        return self._fd is None or any(is_locked(self._fd, _at(each)) for each in ancestors(path))

    def may_be_used(self, path: str) -> bool:
        """Return the same, for a survey: asks once for many files of one directory, one after the other."""
        parent = path.rpartition("/")[0] or "/"
        if self._directory is None or self._directory[0] != parent:
            self._directory = (parent, self.is_used(parent))
        return self._directory[1] or self._fd is None or is_locked(self._fd, _at(path))

    @contextmanager
    def dropping(self, run: Run) -> Iterator[bool]:
        """Be the only one that drops, in a short block; a job that begins meanwhile waits for its end.

        Yield False if that can't be: another process is frozen in its drop, or the attempt must stop. A frozen one is
        waited for once.
        """
        end = time.monotonic() + self._patience
        while not (is_alone := self._try()) and time.monotonic() < end and sleep(LOOK_SECONDS, run.stopping):
            run.checked(0)
        self._patience = DROP_SECONDS if is_alone else 0.0
        try:
            yield is_alone
        finally:
            if self._fd is not None:
                lock(self._fd, fcntl.F_OFD_SETLK, fcntl.F_UNLCK, _DROPPING)

    def _try(self) -> bool:
        if self._fd is None:
            return False
        try:
            lock(self._fd, fcntl.F_OFD_SETLK, fcntl.F_WRLCK, _DROPPING)
        except (BlockingIOError, PermissionError):
            return False
        return True


def _at(path: str) -> int:
    return _FIRST + int.from_bytes(digest_of(path, _DIGEST_BYTES))
