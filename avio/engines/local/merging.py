"""Bucket and cache side by side: two sorted streams of files become one stream of items, in runs.

Used in web and the job process. Pure. Every file of a listing comes by here: what can be done for a whole run of
files at once is, and named tuples are made by `new`, in half of the time that their own constructors take.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import Any, NamedTuple

from avio.engines.local.buckets.base import Source
from avio.engines.local.freshness import Freshness
from avio.engines.local.tiers import Copy, TierDirectory, best_of
from avio.engines.local.trees import Found

BATCH = 1000  # files of several tiers that make a run
APART = 64  # files that differ and are handed on at once

new = tuple.__new__


class Item(NamedTuple):
    """A file by its path, on either side or both. A path that ends in a slash is a mount: there, if empty."""

    path: str
    source: Source | None = None
    copy: Copy | None = None
    freshness: Freshness | None = None


class Cached(NamedTuple):
    """What the tiers hold: runs of files by key, and how the copies of one are judged beside its source.

    A file is a tuple that begins with its key; with one tier it is `Found`, which equals the source it was taken of.
    """

    runs: Iterator[Sequence[tuple[Any, ...]]]
    judge: Callable[[str, Source | None, tuple[Any, ...]], tuple[Copy, Freshness]]
    tier: TierDirectory | None


def cached_on(streams: Sequence[tuple[TierDirectory, Iterator[list[Found]]]], separator: str) -> Cached:
    """Return what several tiers hold as one; of a file that lies on more than one all copies are judged."""
    if len(streams) == 1:
        [(tier, runs)] = streams
        return Cached(runs, lambda path, source, found: best_of(path, source, [_copy(tier, found)]), tier)
    merged = heapq.merge(
        *(_keyed(tier, runs) for tier, runs in streams), key=lambda each: each[0].replace("/", separator)
    )
    files = ((key, [copy for _, copy in group]) for key, group in groupby(merged, itemgetter(0)))
    runs_of_all = iter(lambda: list(islice(files, BATCH)), [])
    return Cached(runs_of_all, lambda path, source, file: best_of(path, source, file[1]), None)


def _keyed(tier: TierDirectory, runs: Iterator[list[Found]]) -> Iterator[tuple[str, Copy]]:
    return ((found[0], _copy(tier, found)) for found in chain.from_iterable(runs))


def _copy(tier: TierDirectory, found: tuple[Any, ...]) -> Copy:
    return new(Copy, (tier, found[1], found[2]))


class Alike:
    """A run of files that are cached just as they are in the bucket: to be counted at once, or gone through."""

    __slots__ = ("files", "prefix", "tier")

    def __init__(self, prefix: str, files: Sequence[tuple[Any, ...]], tier: TierDirectory) -> None:
        self.prefix = prefix
        self.files = files
        self.tier = tier

    def __iter__(self) -> Iterator[Item]:
        """Yield the items."""
        prefix, tier, state = self.prefix, self.tier, Freshness.CACHED
        for each in self.files:
            yield new(Item, (prefix + each[0], new(Source, each), new(Copy, (tier, each[1], each[2])), state))

    def lies_in(self, directory: str) -> bool:
        """Tell whether all of it does; `directory` is a path with a slash at its end. Runs are in order."""
        return all(f"{self.prefix}{file[0]}".startswith(directory) for file in (self.files[0], self.files[-1]))


Run = Alike | list[Item]


def merge(prefix: str, separator: str, sources: Iterator[Sequence[tuple[Any, ...]]], cached: Cached) -> Iterator[Run]:
    """Yield the items of a mount in key order, in runs; `sources` and the cached are runs too, none of them empty."""
    ours, theirs = next(sources, None), next(cached.runs, None)
    i = j = 0
    apart: list[Item] = []
    while ours is not None or theirs is not None:
        if i == j == 0 and ours == theirs and ours and cached.tier is not None:  # lists compare fast
            if apart:
                yield apart
                apart = []
            yield Alike(prefix, ours, cached.tier)
            ours, theirs = next(sources, None), next(cached.runs, None)
            continue
        source = new(Source, ours[i]) if ours is not None else None
        file = theirs[j] if theirs is not None else None
        step = _order(source, file, separator)
        if source is not None and step < 0:
            apart.append(new(Item, (prefix + source.key, source, None, None)))
        elif file is not None:
            path, beside = prefix + file[0], source if step == 0 else None
            apart.append(new(Item, (path, beside, *cached.judge(path, beside, file))))
        if len(apart) == APART:
            yield apart
            apart = []
        i += step <= 0
        j += step >= 0
        if ours is not None and i == len(ours):
            ours, i = next(sources, None), 0
        if theirs is not None and j == len(theirs):
            theirs, j = next(cached.runs, None), 0
    if apart:
        yield apart


def _order(source: Source | None, file: tuple[Any, ...] | None, separator: str) -> int:
    """Return -1 where the source comes first or alone, 1 where the cached file does, 0 where they are of one key."""
    if source is None or file is None:
        return 1 if source is None else -1
    if source[0] == file[0]:
        return 0
    return -1 if source[0].replace("/", separator) < file[0].replace("/", separator) else 1
