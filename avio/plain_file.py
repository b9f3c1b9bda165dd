"""Opens plain files alone, without waiting: a FIFO in the place of a file would hold its reader forever.

For files that other users can replace: those of buckets, tiers and attempts. Standard library only.
"""

import errno
import os
import stat
from pathlib import Path

# A symlink; a socket, or a FIFO without a reader that is opened for writing; a directory that is opened for writing.
_NEVER_PLAIN = (errno.ELOOP, errno.ENXIO, errno.EISDIR)

# The process or the machine has nothing left to open a file with: another try may find some.
NO_RESOURCES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})

_NULL = os.makedev(1, 3)  # /dev/null

# A file that is read whole: settings, a login, a note. Endless ones, such as /dev/zero, would fill the memory.
SMALL_BYTES = 4 << 20


class TooLarge(OSError):
    """The file is larger than any that is meant to be here."""


class NotPlain(OSError):
    """There is no plain file at the path, but a symlink, a FIFO, a socket, a device or a directory."""


def open_plain(path: str | Path, flags: int, *, dir_fd: int | None = None, mode: int = 0o600) -> int:
    """Open the plain file at `path`. `mode` is that of a file that `flags` create.

    Raises NotPlain for anything else; its errno is ELOOP for a symlink. Also an `opener` of `open`.
    """
    try:
        fd = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, mode, dir_fd=dir_fd)
    except OSError as error:
        if error.errno in _NEVER_PLAIN:
            raise NotPlain(error.errno, f"not a plain file: {error.strerror}", str(path)) from None
        raise
    return require_plain(fd, path)


def open_without_links(path: str | Path, flags: int) -> int:
    """Open the plain file at `path` for reading, if it has no other name. Also an `opener` of `open`.

    For a directory that another user owns. Where the kernel lets users link to any file (`fs.protected_hardlinks=0`),
    a second name may be that of a file which that user may not read.
    """
    fd = open_plain(path, flags)
    if os.fstat(fd).st_nlink <= 1:
        return fd
    os.close(fd)
    raise NotPlain(errno.EMLINK, "not a plain file: it has another name", str(path))


def require_plain(fd: int, path: str | Path) -> int:
    """Return the open `fd` if it is a plain file. Otherwise close it and raise NotPlain with its `path`."""
    if stat.S_ISREG(os.fstat(fd).st_mode):
        return fd
    kind = ": Is a directory" if stat.S_ISDIR(os.fstat(fd).st_mode) else ""
    os.close(fd)
    raise NotPlain(errno.EINVAL, f"not a plain file{kind}", str(path))


def read_small(path: str | Path, most: int = SMALL_BYTES) -> bytes:
    """Return a file of this user, also by a symlink, and also /dev/null. Raises NotPlain, and TooLarge above `most`."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    status = os.fstat(fd)
    if not (stat.S_ISCHR(status.st_mode) and status.st_rdev == _NULL):
        require_plain(fd, path)
    with open(fd, "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise TooLarge(errno.EFBIG, f"larger than {most:,} bytes", str(path))
    return content
