"""Opens what lies below an open directory, by the kernel's openat2, which checks the whole path in one call.

Used by `root`, in web and the job process. If openat2 is missing or forbidden (old kernels, old container filters),
each part is opened separately. Standard library only.
"""

import ctypes
import errno
import os
from typing import ClassVar

_OPENAT2 = 437  # the number on every architecture
_RESOLVE = 0x04 | 0x08  # RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH
_RESOLVE_INSIDE = 0x02 | 0x08  # RESOLVE_NO_MAGICLINKS | RESOLVE_BENEATH
_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class _How(ctypes.Structure):
    _fields_: ClassVar = [("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64)]


def open_beneath(root: int, name: str, flags: int) -> int:
    """Open `name` below the open directory `root`, without a symlink on the way. Raises OSError."""
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


def follow_inside(root: int, name: str, flags: int) -> int:
    """Open what `name` leads to, by symlinks too, if they stay below `root`. ENOSYS if the kernel can't check."""
    how = _How(flags, 0, _RESOLVE_INSIDE)
    fd = _libc.syscall(_OPENAT2, root, os.fsencode(name), ctypes.byref(how), ctypes.sizeof(how))
    if fd < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
    return int(fd)


def _open_by_parts(root: int, name: str, flags: int) -> int:
    *directories, last = name.split("/")
    fd = os.dup(root)
    for part in directories:
        fd = step(fd, part, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
    return step(fd, last, flags)


def step(directory: int, part: str, flags: int) -> int:
    """Open `part` in `directory`. Always close `directory`."""
    try:
        if part == "..":
            raise OSError(errno.EXDEV, "leads out of the directory", part)
        return os.open(part, flags, dir_fd=directory)
    finally:
        os.close(directory)
