"""Files that a process may not replace or remove although it may write to their directory: the sticky bit forbids it.

A directory as /tmp (mode 1777) lets only the owner of a file, its own owner, and a process with CAP_FOWNER do so.
A job of root has given that up.
"""

import errno
import os
import stat

CURE = (
    "remove the file as its owner, or take the sticky bit from its directory (chmod -t) if its users may change each"
    " other's files"
)


class Sticky(PermissionError):
    """The sticky bit of a directory forbids to replace or remove a file of another user."""


def user() -> int:
    """Return the user whose files this process may replace there."""
    return os.geteuid()


def explained(error: OSError, directory: int, name: str) -> OSError:
    """Return what `error` of a rename or removal of `name` in the open `directory` is: a Sticky, or itself."""
    if error.errno != errno.EPERM:
        return error
    above = os.fstat(directory)
    try:
        file = os.stat(name, dir_fd=directory, follow_symlinks=False)
    except OSError:
        return error
    if not above.st_mode & stat.S_ISVTX or user() in (above.st_uid, file.st_uid):
        return error
    why = f"it belongs to another user (uid {file.st_uid}), and its directory has the sticky bit"
    return Sticky(errno.EPERM, why, name)
