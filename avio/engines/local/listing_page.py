"""One page of a listing: files and directories in key order, directories with their sums.

Used in web and the job process. A directory's entry keeps its place until its files are counted. The work for a page
is bounded and shared: no directory takes the sums of the others away. One beyond its share is listed without sums.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from avio.engines.base import Entry, Page
from avio.engines.local.buckets.pace import OutOfTime
from avio.engines.local.entries import ItemSums, file_entry
from avio.engines.local.item_stream import ItemStream
from avio.engines.local.merge import Item
from avio.engines.local.tree_walk import LAST
from avio.engines.sums import uncounted
from avio.errors import EngineError
from avio.wire.paths import is_under

COUNTED_FILES = 20_000  # files that one page counts for the sums of its directories
COUNTED_SECONDS = 1.0
FIRST_FILES = 100  # files that are counted of each directory, before some get more
CHUNK_FILES = 256  # files counted between two checks of the clock
PAGE_SECONDS = 5.0  # a page that takes longer ends early; the next page continues there

Files = Callable[[str], ItemStream]


@dataclass(slots=True)
class _Open:
    """A directory of the page whose files are being counted. `path` ends in a slash."""

    path: str
    place: int
    deepest: bool  # nothing in it is listed by itself
    sums: ItemSums = field(default_factory=ItemSums)
    counted: bool = True
    failed: bool = False  # its files can't be counted


def make_page(files: Files, path: str, *, depth: int | None, size: int, after: str) -> Page:
    """Return up to `size` entries below `path`, at most `depth` levels of them, after the place `after`.

    `files` opens the stream of files after a place. A directory with too many files is skipped.
    """
    return _Page(path.rstrip("/") + "/", depth, size, after).fill(files)


def without_sums(entries: list[Entry], silent: Sequence[str]) -> list[Entry]:
    """Return `entries`; a directory with one of the mounts `silent` at or below it is uncounted."""
    return [uncounted(each.path) if any(is_under(path, each.path) for path in silent) else each for each in entries]


class _Page:
    def __init__(self, root: str, depth: int | None, size: int, after: str) -> None:
        self._root = root
        self._depth = depth
        self._size = size
        self._after = after
        self._entries: list[Entry] = []
        self._open: list[_Open] = []
        self._beyond: list[_Open] = []  # directories with more files than the first share
        self._last = ""  # the place of the last entry
        self._counted = 0
        self._cut = False  # the time was over before the end
        self._begin = time.monotonic()
        self._lost = 0.0  # seconds that went into errors: they are not taken from the directories after these

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
                else:  # it belongs on the next page; open directories are still counted
                    more = True
                    if not self._open:
                        break
            if self._open:
                self._open[-1].sums.add_item(item)
            if not listed and self._is_spent():
                self._give_up_counting()
                done = full
                stream = files(self._open[-1].path + LAST)
            stream, item = self._step(stream, files)
        while self._open:
            self._close()
        self._count_more(files)
        return Page(self._entries, self._last if more or self._cut else None)

    def _step(self, stream: ItemStream, files: Files) -> tuple[ItemStream, Item | None]:
        """Return the stream and its next item. Without more time the page ends.

        An error in a directory that is only counted, such as another mount, leaves it uncounted.
        """
        began = time.monotonic()
        try:
            return stream, self._ahead(stream)
        except OutOfTime:
            if not self._entries:
                raise
            self._give_up_counting()
            self._cut = True
            return stream, None
        except EngineError:
            if not self._open or not self._open[-1].deepest:
                raise
            self._open[-1].failed = True
            self._give_up_counting()
            self._lost += time.monotonic() - began
            stream = files(self._open[-1].path + LAST)
            return stream, next(stream, None)

    def _ahead(self, stream: ItemStream) -> Item | None:
        """Return the next item. Inside a directory that is only counted, count many items before it."""
        if self._open and self._open[-1].deepest:
            path, sums = self._open[-1].path, self._open[-1].sums
            before = sums.files
            item = stream.count(sums, path, max(0, min(CHUNK_FILES, _first_share() - 1 - before)))
            self._counted += sums.files - before
            return item
        return next(stream, None)

    def _enter(self, item: Item) -> bool:
        """Add `item` to the page. Return True if the file itself is on it."""
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
        elif closed.deepest and not closed.failed:
            self._beyond.append(closed)
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
        """Count a file for the sums. Return True if the first share of the directory, or the limit, is used up."""
        self._counted += 1
        if self._open[-1].deepest:
            return self._open[-1].sums.files >= _first_share()
        return self._counted >= COUNTED_FILES or self._clock() - self._lost > COUNTED_SECONDS

    def _count_more(self, files: Files) -> None:
        """Share the rest of the limit among directories beyond their first share; what one leaves, the others get."""
        for number, each in enumerate(self._beyond):
            left = len(self._beyond) - number
            share = (COUNTED_FILES - self._counted) // left
            until = time.monotonic() + (COUNTED_SECONDS - self._clock() + self._lost) / left
            sums = ItemSums()
            with suppress(EngineError):
                stream = files(each.path)
                item: Item | None = None
                while sums.files < share and time.monotonic() < until:
                    item = stream.count(sums, each.path, min(CHUNK_FILES, share - sums.files))
                    if item is None or not item.path.startswith(each.path):
                        self._entries[each.place] = sums.entry(each.path[:-1])
                        break
            self._counted += sums.files

    def _level(self, place: str) -> int:
        return place.count("/", len(self._root))

    def _clock(self) -> float:
        return time.monotonic() - self._begin


def _first_share() -> int:
    return min(FIRST_FILES, COUNTED_FILES)
