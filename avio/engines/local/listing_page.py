"""One page of a listing of all levels: files and directories in key order, directories with their sums.

Used in web. A directory's entry keeps its place until its files are counted. The files behind the end of the page that
are counted are bounded: a directory with more of them is listed without sums.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from avio.engines.base import Entry, Page
from avio.engines.local.buckets.pace import PAGE_SECONDS, OutOfTime
from avio.engines.local.directory_sums import Budget
from avio.engines.local.entries import ItemSums, file_entry
from avio.engines.local.item_stream import ItemStream
from avio.engines.local.merge import Item
from avio.engines.sums import uncounted

Files = Callable[[str], ItemStream]


@dataclass(slots=True)
class _Open:
    """A directory whose files are being counted. `path` ends in a slash."""

    path: str
    place: int  # of its entry on the page
    sums: ItemSums = field(default_factory=ItemSums)


def make_page(files: Files, path: str, *, size: int, after: str, budget: Budget) -> Page:
    """Return up to `size` entries below `path` after the place `after`. `files` opens the stream of files there."""
    return _Page(path.rstrip("/") + "/", size, after, budget).fill(files)


class _Page:
    def __init__(self, root: str, size: int, after: str, budget: Budget) -> None:
        self._root = root
        self._size = size
        self._after = after
        self._budget = budget
        self._entries: list[Entry] = []
        self._open: list[_Open] = []
        self._last = ""  # the place of the last entry
        self._beyond = 0  # files that were counted behind the end of the page
        self._begin = time.monotonic()

    def fill(self, files: Files) -> Page:
        stream = files(self._after)
        more = False
        try:
            for item in stream:
                while self._open and not item.path.startswith(self._open[-1].path):
                    self._close()
                more = more or self._is_full()
                if not more:
                    more = not self._enter(item)
                elif not self._open or self._is_spent():
                    break
                if self._open:
                    self._open[-1].sums.add_item(item)
            else:
                while self._open:
                    self._close()
        except OutOfTime:
            if not self._entries:
                raise
            more = True
        return Page(self._entries, self._last if more else None)

    def _enter(self, item: Item) -> bool:
        """Add the directories that begin with `item`, and the file itself. Return False if there is no more place."""
        names = item.path[len(self._root) :].split("/")
        path = self._root
        for name in names[:-1]:
            path += name + "/"
            if self._after.startswith(path) or any(each.path == path for each in self._open):
                continue
            if len(self._entries) == self._size:
                return False
            self._open.append(_Open(path, len(self._entries)))
            self._add(uncounted(path[:-1]), path)
        if names[-1]:
            if len(self._entries) == self._size:
                return False
            self._add(file_entry(item), item.path)
        return True

    def _add(self, entry: Entry, place: str) -> None:
        self._entries.append(entry)
        self._last = place

    def _close(self) -> None:
        closed = self._open.pop()
        self._entries[closed.place] = closed.sums.entry(closed.path[:-1])
        if self._open:
            self._open[-1].sums.include(closed.sums)

    def _is_full(self) -> bool:
        clock = time.monotonic() - self._begin
        return len(self._entries) >= self._size or bool(self._entries and clock > PAGE_SECONDS)

    def _is_spent(self) -> bool:
        """Count a file behind the end of the page. Return True if no more may be counted."""
        self._beyond += 1
        clock = time.monotonic() - self._begin
        return self._beyond > self._budget.beyond or clock > self._budget.first_seconds + self._budget.seconds
