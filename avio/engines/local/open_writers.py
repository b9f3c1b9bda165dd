"""Programs that have a file open for writing, perhaps mapped into memory, and what its mtime says of their writes.

A write to a mapped page changes the mtime once, and again only after the page was synced; in memory (tmpfs) perhaps
never. Used in web and the job process. Raises OSError.
"""

import ctypes
import errno
import fcntl
import os
import signal

from avio.engines.durations import sync_seconds
from avio.engines.run import Run

_IN_MEMORY = frozenset({0x01021994, 0x858458F6, 0x958458F6})  # the kernel's numbers of tmpfs, ramfs, hugetlbfs
_STATFS_BYTES = 256

_libc = ctypes.CDLL(None, use_errno=True)


def has_writer(fd: int) -> bool | None:
    """Return True if a program has the file open for writing: the kernel then grants no read lease on `fd`.

    `fd` is open for reading alone. None if the kernel grants none at all: another user's file, some network file
    systems.
    """
    try:
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)  # which does nothing, should another program open it now
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return True if error.errno == errno.EAGAIN else None
    return False


def sync_mapped(fd: int, run: Run) -> bool:
    """Make each later write to the file change its mtime. Return False if that is impossible."""
    if has_writer(fd) is False:
        return True
    with run.silent(sync_seconds(os.fstat(fd).st_size)):
        os.fsync(fd)
    return not is_in_memory(fd)


def is_in_memory(fd: int) -> bool:
    """Return True if the file system of the file is in memory alone."""
    return file_system(fd) in _IN_MEMORY


def file_system(fd: int) -> int:
    """Return the kernel's number of the kind of the file system of the file, 0 if that is not known."""
    found = (ctypes.c_long * (_STATFS_BYTES // ctypes.sizeof(ctypes.c_long)))()
    return int(found[0]) if _libc.fstatfs(fd, ctypes.byref(found)) == 0 else 0
