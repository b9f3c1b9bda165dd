"""The cached files of a mount with their objects. The bucket is listed only near them, however many objects it has.

Used in web and the job process. Pure.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.keys import just_before
from avio.engines.local.freshness import Freshness
from avio.engines.local.merge import APART_FILES, Cached, Item, new

Runs = Iterator[Sequence[tuple[Any, ...]]]


def cached_items(
    prefix: str,
    separator: str,
    open_runs: Callable[[str], Runs],
    head: Callable[[str], Source | None],
    after: str,
    cached: Cached,
) -> Iterator[list[Item]]:
    """Yield the items of the cached files in key order, in runs.

    `open_runs` lists the bucket after a key, in order, in non-empty runs; `head` asks for one object. `after` is where
    the cached files begin.
    """
    near = _NearSources(open_runs, after, separator)
    files = chain.from_iterable(cached.runs)
    while batch := list(islice(files, APART_FILES)):
        items = [cached.item(prefix + file[0], near.find(file[0]), file) for file in batch]
        yield [_certain(item, file, head, cached) for item, file in zip(items, batch, strict=True)]


def _certain(item: Item, file: tuple[Any, ...], head: Callable[[str], Source | None], cached: Cached) -> Item:
    """Ask for an object that seems deleted: a store with another order than its mount says may hide it from `find`."""
    if item.source is not None or item.freshness not in (Freshness.GONE, Freshness.TOUCHED):
        return item
    source = head(file[0])
    return item if source is None else cached.item(item.path, source, file)


class _NearSources:
    """Finds objects by keys that come in order. After a run without any of them it lists anew, right before the key."""

    def __init__(self, open_runs: Callable[[str], Runs], after: str, separator: str) -> None:
        self._open = open_runs
        self._separator = separator
        self._runs: Runs | None = None
        self._after = after
        self._run: Sequence[tuple[Any, ...]] | None = ()
        self._at = 0
        self._used = False
        self._sought = ""  # the key that the bucket was listed anew for: there, run follows run

    def find(self, key: str) -> Source | None:
        """Return the object at `key`, or None."""
        place = self._place(key)
        while self._run is not None:
            while self._at < len(self._run):
                found = self._run[self._at]
                if found[0] == key:
                    self._used = True
                    return new(Source, found)
                if self._place(found[0]) > place:
                    return None
                if self._at == 0 and self._place(self._run[-1][0]) < place:
                    break  # the whole run lies before the key
                self._at += 1
            self._next_run(key)
        return None

    def _next_run(self, key: str) -> None:
        if self._runs is None or not (self._used or key == self._sought):
            self._runs = self._open(max(self._after, just_before(key), key=self._place))
            self._sought = key
        self._run, self._at, self._used = next(self._runs, None), 0, False

    def _place(self, key: str) -> str:
        return key.replace("/", self._separator)
