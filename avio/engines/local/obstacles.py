"""What is in the way of a path in a tier or a `file://` bucket: a symlink, or a file where a directory must be.

Used in web and the job process. Raises OSError.
"""

import stat
from typing import NamedTuple

from avio.engines.local.root import Root

CURE = "remove or rename it, or name another path"


class Obstacle(NamedTuple):
    """The first part of a path that is in the way, relative to its root, and what it is."""

    name: str
    kind: str

    @property
    def is_symlink(self) -> bool:
        """Return True if it is a symlink."""
        return self.kind == "a symlink"


def find_obstacle(root: Root, name: str) -> Obstacle | None:
    """Return what is in the way of `name`: also itself, if it is a symlink. None if nothing is."""
    parts = name.split("/")
    for count in range(1, len(parts) + 1):
        part = "/".join(parts[:count])
        status = root.stat(part)
        if status is None:
            return None
        if stat.S_ISLNK(status.st_mode):
            return Obstacle(part, "a symlink")
        if count < len(parts) and not stat.S_ISDIR(status.st_mode):
            return Obstacle(part, "a file")
    return None
