"""The files that a job moves now, as locks on bytes of `<tier>/.avio/claims.N`: no other job moves them meanwhile.

Used in the job process. The kernel takes the locks away when the process dies. Claims save a second transfer and
nothing else: where they can't be had, each job moves for itself, and a name is still given once.
"""

import fcntl
import logging
import os
import threading
import time
from contextlib import suppress

from avio.engines.local.book import CLAIMS, open_own
from avio.engines.local.byte_locks import digest_of, length_of_lock, lock
from avio.engines.local.root import HIDDEN
from avio.engines.local.tiers import TierDirectory, Tiers
from avio.errors import EngineError

LOOK_SECONDS = 1.0  # seconds between two checks that the open files are still those at their paths

PLACES = 4096  # processes that may have claims at once
NAME_BYTES = 64  # of the name of an attempt

# A claim is a lock on the bytes from that of its path on, one more than the place of its process: so whoever meets it
# knows the process. Paths are _APART bytes apart. The locks on places are those on the first bytes of the first file.
_FIRST, _APART = 1 << 62, 2 * PLACES
_DIGEST_BYTES = 6

log = logging.getLogger(__name__)

Spot = tuple[int, int]  # the number of a file, and a byte of it


class Claims:
    """The claims of the attempt `name`. Safe to use from several threads. Close them at the end."""

    def __init__(self, tiers: Tiers, name: str) -> None:
        # The same tier in all processes: those that share one have all the same tiers.
        self._tier: TierDirectory = min(tiers, key=lambda each: each.alias)
        self._name = name
        self._lock = threading.Lock()
        self._fds: list[int] = []
        self._place = -1
        self._looked = float("-inf")
        self._none = False  # they can't be had here

    def take(self, path: str) -> bool:
        """Claim the file `path`. Return False if another process has it."""
        with self._lock:
            if not self._is_open():
                return True
            number, byte = spot_of(path)
            try:
                lock(self._fds[number], fcntl.F_OFD_SETLK, fcntl.F_WRLCK, byte, self._place + 1)
            except (BlockingIOError, PermissionError):
                return False
            except OSError as error:
                self._do_without(error)
            return True

    def release(self, path: str) -> None:
        """Let others have the file `path`."""
        with self._lock:
            if not self._fds:
                return
            number, byte = spot_of(path)
            try:
                lock(self._fds[number], fcntl.F_OFD_SETLK, fcntl.F_UNLCK, byte, self._place + 1)
            except OSError as error:
                self._do_without(error)

    def owner(self, path: str) -> str | None:
        """Return the name of the attempt that has the file `path`, "" if it is unknown; None if no other has it."""
        with self._lock, suppress(OSError):
            if not self._fds:
                return None
            number, byte = spot_of(path)
            length = length_of_lock(self._fds[number], byte)
            if not length:
                return None
            name = os.pread(self._fds[0], NAME_BYTES, (length - 1) * NAME_BYTES)
            return name.rstrip(b"\0").decode("ascii", errors="replace")
        return ""

    def close(self) -> None:
        """Give all claims up."""
        with self._lock:
            self._close()

    def _is_open(self) -> bool:
        """Open the files, again if others are at their paths. Return False if there are no claims to have."""
        if self._none or time.monotonic() - self._looked < LOOK_SECONDS:
            return bool(self._fds)
        try:
            there = self._tier.root.stat(f"{HIDDEN}/{CLAIMS[0]}")
            if not self._fds or there is None or not os.path.samestat(there, os.fstat(self._fds[0])):
                self._close()
                self._open()
        except (OSError, EngineError) as error:
            self._do_without(error)
        self._looked = time.monotonic()
        return bool(self._fds)

    def _open(self) -> None:
        self._fds = []
        for name in CLAIMS:
            self._fds.append(open_own(self._tier.root, name))
        self._place = _taken_place(self._fds[0])
        os.pwrite(self._fds[0], self._name.encode().ljust(NAME_BYTES, b"\0")[:NAME_BYTES], self._place * NAME_BYTES)

    def _do_without(self, error: Exception) -> None:
        """Move without claims from now on: they are no reason for a job to fail."""
        self._close()
        self._none = True
        log.warning("files that other jobs move are moved again: no claims on tier %s: %s", self._tier.alias, error)

    def _close(self) -> None:
        for fd in self._fds:
            with suppress(OSError):
                os.close(fd)
        self._fds = []


def spot_of(path: str) -> Spot:
    """Return where the claim of `path` is. Two paths at one spot cost a wait or a second transfer, and nothing else."""
    digest = digest_of(path, _DIGEST_BYTES)
    return digest[0] % len(CLAIMS), _FIRST + int.from_bytes(digest) * _APART


def _taken_place(fd: int) -> int:
    for place in range(PLACES):
        with suppress(BlockingIOError, PermissionError):
            lock(fd, fcntl.F_OFD_SETLK, fcntl.F_WRLCK, place)
            return place
    raise OSError(f"{PLACES} processes have claims there")
