"""Puts the bytes of several new files on disk at once: one syncfs(2) costs a fifth of an fsync(2) for each small file.

Used in the job process and in its movers. Each file is synced before Linux 5.8, whose syncfs reports failed writes, and
on FUSE, where the kernel does not pass a syncfs on to the server.
"""

import ctypes
import os
from collections.abc import Sequence

from avio.engines.durations import SYNC_ALL_SECONDS, sync_seconds
from avio.engines.local.open_writers import file_system
from avio.engines.run import Run

FEW_FILES = 3  # that are synced one by one: syncfs writes what other programs have in memory, too
FUSE = 0x65735546  # the kernel's number
_SINCE = (5, 8)

_libc = ctypes.CDLL(None, use_errno=True)
_reports = tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2]) >= _SINCE


def sync_within(fds: Sequence[int], size: int, run: Run) -> None:
    """Do `sync` for files of `size` bytes together. The attempt may show no progress meanwhile. Raises OSError."""
    with run.silent(sync_seconds(size) if len(fds) == 1 else SYNC_ALL_SECONDS):
        sync(fds)


def sync(fds: Sequence[int]) -> None:
    """Return when the bytes of the open files, which are on one file system, are on disk. Raises OSError."""
    if len(fds) <= FEW_FILES or not _reports or file_system(fds[0]) == FUSE:
        for fd in fds:
            os.fsync(fd)
        return
    if _libc.syncfs(fds[0]) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
