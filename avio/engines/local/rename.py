"""Renames that lose no file: one that refuses a taken name, and one that swaps two names.

Used in web and the job process. Linux's renameat2. Raises OSError; ENOSYS or EINVAL where a file system lacks it.
"""

import ctypes
import errno
import os
import sys

LACKING = frozenset({errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM})

_NOREPLACE, _EXCHANGE = 1, 2
_NAMES = sys.getfilesystemencoding()  # as os.fsencode, which takes twice as long
_libc = ctypes.CDLL(None, use_errno=True)


def move(source: tuple[int, str], target: tuple[int, str]) -> None:
    """Rename the file `source` (an open directory and a name in it). Raise FileExistsError if `target` exists."""
    try:
        _rename(source, target, _NOREPLACE)
    except OSError as error:
        if error.errno not in LACKING:
            raise
        os.link(source[1], target[1], src_dir_fd=source[0], dst_dir_fd=target[0], follow_symlinks=False)
        os.unlink(source[1], dir_fd=source[0])


def swap(one: tuple[int, str], other: tuple[int, str]) -> None:
    """Swap two files: no moment is without a file at either name."""
    _rename(one, other, _EXCHANGE)


def _rename(source: tuple[int, str], target: tuple[int, str], flags: int) -> None:
    old, new = source[1].encode(_NAMES, "surrogateescape"), target[1].encode(_NAMES, "surrogateescape")
    done = _libc.renameat2(source[0], old, target[0], new, flags)
    if done != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), target[1])
