"""When the inode of an open file was made. Used in web and the job process.

The number of an inode is used again as soon as its file is gone; the time of its birth tells the two files apart.
"""

import ctypes
import struct

_AT_EMPTY_PATH, _STATX_BTIME = 0x1000, 0x800
_BYTES = 256  # of struct statx
_MASK = struct.Struct("=I")
_BIRTH = struct.Struct("=qI")
_BIRTH_AT = 80

_libc = ctypes.CDLL(None, use_errno=True)
_statx = getattr(_libc, "statx", None)


def birth_ns(fd: int) -> int:
    """Return the birth of the inode of `fd` in nanoseconds since the epoch, 0 if the file system does not keep it."""
    buffer = ctypes.create_string_buffer(_BYTES)
    if _statx is None or _statx(fd, b"", _AT_EMPTY_PATH, _STATX_BTIME, buffer) != 0:
        return 0
    if not _MASK.unpack_from(buffer)[0] & _STATX_BTIME:
        return 0
    seconds, nanoseconds = _BIRTH.unpack_from(buffer, _BIRTH_AT)
    return int(seconds) * 1_000_000_000 + int(nanoseconds)
