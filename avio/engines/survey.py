"""What a survey of a cache tells of each cached file, from the cache alone. Engines make it, intake sums it up.

Standard library only.
"""

from typing import NamedTuple


class Surveyed(NamedTuple):
    """A cached file. Times are in nanoseconds of the epoch.

    `came_ns` is when a preload brought the copy; 0 if that is unknown, or a program wrote the file. `is_read` is None
    if nobody knows whether a program has read it since then. `is_written` says that a program wrote it.
    `is_unsaved` says that, by its own marks, the bucket may not have its bytes.
    """

    path: str
    size: int
    mtime_ns: int
    came_ns: int = 0
    is_read: bool | None = None
    is_written: bool = False
    is_unsaved: bool = False
