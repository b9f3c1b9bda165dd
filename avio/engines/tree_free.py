"""Drops a file or a tree from the cache: judges all first, then drops. For engines without a quicker way.

Used in web and the job process.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from avio.engines.entry import Entry
from avio.engines.refusals import too_many_cached
from avio.engines.sides import EntryState, Side
from avio.engines.tier import Freed
from avio.errors import IsDirectory, Unsaved


class Cache(Protocol):
    """What an engine answers about its cache."""

    def walk(self, path: str, *, depth: int | None, side: Side) -> Iterator[Entry]:
        """Yield all files at and below `path`."""

    def drop(self, path: str) -> Iterator[Entry]:
        """Drop them."""


def freed(cache: Cache, path: str, *, recursive: bool, limit: int | None, dropped: Callable[[], object]) -> Freed:
    """Drop `path`, a directory only if `recursive`. Return the dropped files and bytes. See `Engine.free`."""
    files = size = gone = 0
    for entry in cache.walk(path, depth=None, side=Side.CACHE):
        if entry.path != path and not recursive:
            raise IsDirectory(f"{path} is a directory")
        if not entry.may_go:
            raise Unsaved(f"{entry.path} is not saved; nothing was freed")
        files, size = files + 1, size + (entry.cached_bytes or 0)
        gone += entry.state is EntryState.GONE
        if limit is not None and files > limit:
            raise too_many_cached(path, limit)
    dropped()  # the walk may have taken long
    for _ in cache.drop(path):
        dropped()
    return Freed(files, size, gone)
