"""The frees that are under way, as locks on bytes of a book: they need no room on a full disk, and end with a process.

Used in web and the job process. A free locks the bytes of its path and of all directories above it, so that one look
at a path finds the frees below it, and one look at each directory above finds the others.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from avio.engines.cancel import sleep
from avio.engines.local.book import BOOK, open_book
from avio.engines.local.byte_locks import digest_of, is_locked, lock
from avio.engines.local.errors import tier_errors
from avio.engines.local.root import HIDDEN, Root
from avio.engines.local.tiers import Tiers
from avio.engines.run import Run
from avio.terminal.cells import printable
from avio.wire.paths import ancestors

LOOK_SECONDS = 0.2  # between two looks
BEAT_SECONDS = 5.0  # for which a job that waits may show no progress

_FIRST = 1 << 60  # far beyond the bytes that the book locks for itself
_DIGEST_BYTES = 7

log = logging.getLogger(__name__)


class Frees:
    """The frees of all processes on `tiers`. Safe to use from several threads."""

    def __init__(self, tiers: Tiers) -> None:
        self._tiers = tiers

    @contextmanager
    def under_way(self, path: str) -> Iterator[None]:
        """Count as a free of `path` in the block."""
        fd = open_first_book(self._tiers, make=True)
        try:
            if fd is not None:
                for byte in (_at(path), *map(_below, ancestors(path))):
                    lock(fd, fcntl.F_OFD_SETLK, fcntl.F_RDLCK, byte)
            yield
        finally:
            if fd is not None:
                os.close(fd)

    def wait(self, path: str, run: Run) -> None:
        """Return when no free at, above or below `path` is under way, or after `run` must stop."""
        fd = open_first_book(self._tiers, make=False)
        if fd is None:
            return
        try:
            bytes_ = (_below(path), *map(_at, ancestors(path)))
            if any(is_locked(fd, byte) for byte in bytes_):
                log.info("waits for a free that began earlier, at, above or below %s", printable(path))
            while any(is_locked(fd, byte) for byte in bytes_):
                with run.silent(BEAT_SECONDS):
                    if not sleep(LOOK_SECONDS, run.stopping):
                        return
        finally:
            os.close(fd)


def open_first_book(tiers: Tiers, *, make: bool, write: bool = False) -> int | None:
    """Open the book of one tier, the same one in all processes. Return None if there is none."""
    tier = min(tiers, key=lambda each: each.alias, default=None)
    if tier is None:
        return None
    with tier_errors(f"tier {tier.alias}"):
        try:
            return tier.root.open_file(f"{HIDDEN}/{BOOK}", os.O_RDWR if write else os.O_RDONLY)
        except FileNotFoundError:
            return _made(tier.root) if make else None


def _made(root: Root) -> int | None:
    """Make the book. Return None if that is impossible: without it no preload has a file there either."""
    try:
        return open_book(root)
    except OSError:
        return None


def _at(path: str) -> int:
    """Return the byte of a free of `path` itself."""
    return _FIRST + 2 * int.from_bytes(digest_of(path, _DIGEST_BYTES))


def _below(path: str) -> int:
    """Return the byte of the frees at and below `path`."""
    return _at(path) + 1
