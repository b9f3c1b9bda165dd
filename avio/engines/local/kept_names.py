"""Names of large directories, in order, kept for the next page of a listing: it would read the directory again.

Used by `directory_window`. Bounded.
"""

import os
import threading
import time
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple

KEPT_WINDOWS = 8
KEPT_NAMES = 20_000  # of one window; larger ones are those of jobs, which ask once
LARGE = 1000  # entries; smaller directories are read as fast
SETTLED_SECONDS = 2.0  # a directory that changed later may change again without another ctime


class Name(NamedTuple):
    """A name of a directory; `order` is its place among the others."""

    order: str
    name: str
    is_directory: bool


class Names(NamedTuple):
    """Names in order, of a directory with `of` entries. `end` is the place after which there are more, or None."""

    names: list[Name]
    end: str | None
    of: int


class KeptNames:
    """The newest windows, as long as their directories do not change."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: OrderedDict[tuple[Hashable, str], Names] = OrderedDict()  # by directory and where they begin

    def find(self, directory: os.stat_result, how: Hashable, after: str, above: str) -> Names | None:
        """Return the names after `after`, and the directory `above`, from a window that has them; None if none has."""
        there = _id(directory, how)
        with self._lock:
            found = [(begin, names) for (where, begin), names in self._windows.items() if where == there]
        for begin, names in found:
            if begin <= after and (names.end is None or after < names.end):
                at = bisect_right(names.names, after, key=lambda each: each.order)
                parent = [each for each in names.names if each.name == above and each.is_directory] if above else []
                if not above or parent:
                    return Names(parent + names.names[at:], names.end, 0)
        return None

    def keep(self, directory: os.stat_result, how: Hashable, after: str, names: Names) -> None:
        """Keep a window that begins after `after`."""
        is_settled = time.time() - directory.st_ctime > SETTLED_SECONDS
        if not is_settled or names.of <= LARGE or len(names.names) > KEPT_NAMES:
            return
        with self._lock:
            self._windows[_id(directory, how), after] = names
            if len(self._windows) > KEPT_WINDOWS:
                self._windows.popitem(last=False)


def _id(directory: os.stat_result, how: Hashable) -> Hashable:
    """Identify what is in a directory. Its mtime does not: rsync, tar and cp set it back, and no program the ctime."""
    return directory.st_dev, directory.st_ino, directory.st_ctime_ns, how
