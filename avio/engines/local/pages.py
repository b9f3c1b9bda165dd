"""One page of a listing: files and directories in key order, directories with their sums.

Used in web and the job process. One pass over the files: a directory's entry keeps its place while its
files pass by. What a page may look at is bounded; a directory past that is listed uncounted.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from avio.engines.base import Entry, Page
from avio.engines.local.merging import Item
from avio.engines.local.passing import Passing
from avio.engines.local.sums import Sums, file_entry, uncounted
from avio.engines.local.trees import LAST

COUNTED_FILES = 20_000  # files that one page looks at for the sums of its directories
COUNTED_SECONDS = 1.0
CHUNK = 256  # files counted between two looks at the clock
PAGE_SECONDS = 5.0  # a page that takes longer ends early; the next one goes on from there

Files = Callable[[str], Passing]


@dataclass(slots=True)
class _Open:
    """A directory of the page whose files are passing by; `path` ends in a slash."""

    path: str
    place: int
    deepest: bool  # nothing in it is listed by itself
    sums: Sums = field(default_factory=Sums)
    counted: bool = True


def make_page(files: Files, path: str, *, depth: int | None, size: int, after: str) -> Page:
    """Return up to `size` entries below `path`, at most `depth` levels of them, after the place `after`.

    `files` begins the stream of files behind a place; a directory with too many files is jumped over.
    """
    return _Page(path.rstrip("/") + "/", depth, size, after).fill(files)


class _Page:
    def __init__(self, root: str, depth: int | None, size: int, after: str) -> None:
        self._root = root
        self._depth = depth
        self._size = size
        self._after = after
        self._entries: list[Entry] = []
        self._open: list[_Open] = []
        self._last = ""  # the place of the last entry
        self._counted = 0
        self._begin = time.monotonic()

    def fill(self, files: Files) -> Page:
        whole = self._depth is not None and self._after.endswith("/") and self._level(self._after) == self._depth
        stream = files(self._after + LAST if whole else self._after)
        more = full = done = False
        item = next(stream, None)
        while not done and item is not None:
            while self._open and not item.path.startswith(self._open[-1].path):
                self._close()
            listed = False
            if not self._open or not self._open[-1].deepest:
                full = full or self._is_full()
                if not full:
                    listed = self._enter(item)
                else:  # it belongs on the next page; what is open is still counted to its end
                    more = True
                    if not self._open:
                        break
            if self._open:
                self._open[-1].sums.add(item)
            if not listed and self._is_spent():
                self._give_up_counting()
                done = full
                stream = files(self._open[-1].path + LAST)
            item = self._ahead(stream)
        while self._open:
            self._close()
        return Page(self._entries, self._last if more else None)

    def _ahead(self, stream: Passing) -> Item | None:
        """Return the next item; where nothing is listed by itself, many that are only counted pass by before it."""
        if self._open and self._open[-1].deepest:
            path, sums = self._open[-1].path, self._open[-1].sums
            before = sums.files
            item = stream.count(sums, path, max(0, min(CHUNK, COUNTED_FILES - 1 - self._counted)))
            self._counted += sums.files - before
            return item
        return next(stream, None)

    def _enter(self, item: Item) -> bool:
        """Add what `item` brings to the page; return whether the file itself is on it."""
        parts = item.path[len(self._root) :].split("/")
        levels = len(parts) - 1 if self._depth is None else min(len(parts) - 1, self._depth)
        path = self._root
        for level in range(levels):
            path += parts[level] + "/"
            known = any(each.path == path for each in self._open) or self._after.startswith(path)
            if not known and len(self._entries) < self._size:
                self._open.append(_Open(path, len(self._entries), deepest=level + 1 == self._depth))
                self._add(uncounted(path[:-1]), path)
        near = self._depth is None or len(parts) <= self._depth
        listed = near and parts[-1] != "" and len(self._entries) < self._size
        if listed:
            self._add(file_entry(item), item.path)
        return listed

    def _add(self, entry: Entry, place: str) -> None:
        self._entries.append(entry)
        self._last = place

    def _close(self) -> None:
        closed = self._open.pop()
        if closed.counted:
            self._entries[closed.place] = closed.sums.entry(closed.path[:-1])
        if self._open:
            self._open[-1].sums.include(closed.sums)

    def _give_up_counting(self) -> None:
        for each in self._open:
            each.counted = False

    def _is_full(self) -> bool:
        if len(self._entries) >= self._size:
            return True
        return bool(self._entries) and self._clock() > PAGE_SECONDS

    def _is_spent(self) -> bool:
        """Count a file that is only looked at; tell whether the sums of this page have cost what they may."""
        self._counted += 1
        return self._counted >= COUNTED_FILES or self._clock() > COUNTED_SECONDS

    def _level(self, place: str) -> int:
        return place.count("/", len(self._root))

    def _clock(self) -> float:
        return time.monotonic() - self._begin
