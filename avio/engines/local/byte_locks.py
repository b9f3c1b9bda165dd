"""Locks on single bytes of an open file. They belong to the open file: the kernel takes them away with its last holder.

Used by the book of a tier, in web, intake and the job process, and by claims. Raises OSError.
"""

import fcntl
import os
import struct
from hashlib import blake2b

_FLOCK = struct.Struct("hhqqi4x")  # struct flock of fcntl.h


def lock(fd: int, command: int, kind: int, byte: int, length: int = 1) -> None:
    """Do the `command` of fcntl, `F_OFD_SETLK` or `F_OFD_SETLKW`, with a lock of `kind` on the bytes from `byte` on."""
    fcntl.fcntl(fd, command, _FLOCK.pack(kind, os.SEEK_SET, byte, length, 0))


def is_locked(fd: int, byte: int) -> bool:
    """Return True if another open file has any lock on the byte."""
    return length_of_lock(fd, byte) > 0


def length_of_lock(fd: int, byte: int) -> int:
    """Return the length of a lock that another open file has on the byte; 0 if there is none."""
    found = fcntl.fcntl(fd, fcntl.F_OFD_GETLK, _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, byte, 1, 0))
    kind, _, _, length, _ = _FLOCK.unpack(found)
    return 0 if kind == fcntl.F_UNLCK else int(length)


def digest_of(path: str, size: int) -> bytes:
    """Return a digest of `path`, of `size` bytes: it says on which bytes a file has the locks of this path."""
    return blake2b(path.encode("utf-8", "surrogateescape"), digest_size=size).digest()
