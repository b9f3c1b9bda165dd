"""One page of a listing of so many levels: each directory is read by itself, so that the names come at once.

Used in web. The sums of directories are another question: see `directory_sums`.
"""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from avio.engines.local.buckets.pace import PAGE_SECONDS, OutOfTime
from avio.engines.local.merge import Item

# Reads a directory after a place; see `join_level`.
Level = Callable[[str, str], Iterator[Item]]


class LevelPage(NamedTuple):
    """The items of a page in key order, and the place of the last one if more follow."""

    items: list[Item]
    after: str | None


def read_page(level: Level, path: str, *, depth: int, size: int, after: str) -> LevelPage:
    """Return up to `size` items below `path`, at most `depth` levels of them, after the place `after`."""
    begin = time.monotonic()
    items: list[Item] = []
    try:
        for item in _below(level, path, depth, after):
            if len(items) == size or (items and time.monotonic() - begin > PAGE_SECONDS):
                return LevelPage(items, items[-1].path)
            items.append(item)
    except OutOfTime:
        if not items:
            raise
        return LevelPage(items, items[-1].path)
    return LevelPage(items, None)


def _below(level: Level, path: str, depth: int, after: str) -> Iterator[Item]:
    above = path.rstrip("/") + "/"
    name, slash, _ = after.removeprefix(above).partition("/") if after.startswith(above) else ("", "", "")
    if slash:  # the last page ended with this directory, or in it
        directory = f"{above}{name}/"
        if depth > 1:
            yield from _below(level, directory[:-1], depth - 1, "" if after == directory else after)
        after = directory
    for item in level(path, after):
        yield item
        if depth > 1 and item.path.endswith("/"):
            yield from _below(level, item.path[:-1], depth - 1, "")
