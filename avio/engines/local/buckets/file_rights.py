"""What a file of a `file://` bucket and the directories above it let other users do. Copies give them no more.

Used in the job process. Raises OSError.
"""

import os
import stat
import time

from avio.engines.local.root import Root

HELD_SECONDS = 1.0
OWNERS = 0o600
ALL = 0o777

_GROUP, _EVERYBODY = 0o070, 0o007
_ENTERED_BY_GROUP, _ENTERED_BY_EVERYBODY = 0o010, 0o001


class FileRights:
    """The rights of the files below `root`. Safe to use from several threads."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self._last = ("", ALL, float("-inf"))  # a directory, its rights, until when: files come directory by directory

    def of(self, key: str) -> int:
        """Return the rights of the file at `key`, or of what a symlink there leads to; `OWNERS` if there is none."""
        status = self._root.stat(key)
        if status is None or stat.S_ISLNK(status.st_mode):
            name = self._root.real_name(key)
            status = None if name is None else self._root.stat(name)
            if name is None or status is None:
                return OWNERS
            key = name
        return stat.S_IMODE(status.st_mode) & self._of_directory(key.rpartition("/")[0])

    def _of_directory(self, name: str) -> int:
        """Return the rights that the directory `name` and those above it, up to the root, leave."""
        last, rights, until = self._last
        if name == last and time.monotonic() < until:
            return rights
        rights, above = ALL, name
        while True:
            status = self._root.stat(above)
            mode = 0 if status is None else status.st_mode
            if not mode & _ENTERED_BY_GROUP:
                rights &= ~_GROUP
            if not mode & _ENTERED_BY_EVERYBODY:
                rights &= ~_EVERYBODY
            if not above:
                break
            above = above.rpartition("/")[0]
        self._last = name, rights, time.monotonic() + HELD_SECONDS
        return rights


def widens(source: int, copy: int) -> bool:
    """Return True if the open file `copy` gives other users more than the open file `source`."""
    return bool(os.fstat(copy).st_mode & ~os.fstat(source).st_mode & (_GROUP | _EVERYBODY))
