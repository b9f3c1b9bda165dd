"""One page of a listing: files and directories in key order, directories with their sums.

Used in web and the job process. The work for the sums of a page is bounded. A directory beyond that, or without an
answer of the master, is listed without sums.
"""

import time
from itertools import islice

from avio.engines.alluxio.view.entries import file_entry
from avio.engines.alluxio.view.listing import below
from avio.engines.alluxio.view.namespace import Namespace
from avio.engines.alluxio.view.roster import Roster
from avio.engines.base import Entry, Page
from avio.engines.sums import Sums, uncounted
from avio.errors import EngineError
from avio.wire.paths import is_under

COUNTED_FILES = 20_000  # files that one page counts for the sums of its directories
COUNTED_SECONDS = 2.0
FIRST_SECONDS = 8.0  # for the first directory: a master that has just started takes seconds for its first answers
LEAST_SECONDS = 0.1  # for a directory that comes late


def make_page(space: Namespace, roster: Roster, path: str, *, depth: int | None, size: int, after: str | None) -> Page:
    """Return up to `size` entries below the directory `path`, at most `depth` levels down, after the path `after`."""
    found = list(islice(below(space, path, depth=depth, after=after, size=size + 1), size + 1))
    shown = found[:size]
    sums = DirectoryCounter(space, roster).sums([status.path for status in shown if status.folder])
    entries = [sums[status.path] if status.folder else file_entry(status, roster) for status in shown]
    return Page(entries, shown[-1].path if len(found) > size else None)


class DirectoryCounter:
    """The sums of the directories of one page. Each file counts once, even below nested directories."""

    def __init__(self, space: Namespace, roster: Roster) -> None:
        self._space = space
        self._roster = roster
        self._left = COUNTED_FILES
        self._deadline = time.monotonic() + FIRST_SECONDS
        self._is_first = True

    def sums(self, directories: list[str]) -> dict[str, Entry]:
        """Return the entry of each of `directories`, which are in key order."""
        entries = {path: uncounted(path) for path in directories}
        outermost = ""
        for path in directories:
            if not outermost or not is_under(path, outermost):
                outermost = path
                inside = [each for each in directories if is_under(each, path)]
                entries |= self._count(path, inside)
        return entries

    def _count(self, path: str, directories: list[str]) -> dict[str, Entry]:
        """Return the entries of `path` and of all `directories` below it that could be counted."""
        sums = {directory: Sums() for directory in directories}
        try:
            left = max(LEAST_SECONDS, self._deadline - time.monotonic())
            for status in below(self._space, path, depth=None, limit=left):
                if status.folder:
                    continue
                if self._is_spent():
                    return {}
                entry = file_entry(status, self._roster)
                parent = status.path
                while len(parent) > len(path):
                    parent = parent.rpartition("/")[0]
                    if parent in sums:
                        sums[parent].add(entry)
        except EngineError:
            return {}
        if self._is_first:
            self._is_first = False
            self._deadline = time.monotonic() + COUNTED_SECONDS
        return {directory: each.entry(directory) for directory, each in sums.items()}

    def _is_spent(self) -> bool:
        self._left -= 1
        return self._left < 0 or (self._left % 256 == 0 and time.monotonic() > self._deadline)
