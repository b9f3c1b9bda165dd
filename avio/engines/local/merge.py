"""Merges two sorted streams of files, bucket and cache, into one stream of items, in runs.

Used in web and the job process. Pure. Every file of a listing passes here, so work is done for whole runs of
files, and `new` makes named tuples in half of the time of their constructors.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import Any, NamedTuple

from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.pace import OutOfTime
from avio.engines.local.directory_window import Found
from avio.engines.local.freshness import Freshness
from avio.engines.local.stamps import ObjectName
from avio.engines.local.tiers import Copy, TierDirectory, best_of

BATCH_FILES = 1000  # files of several tiers that make a run
APART_FILES = 64  # differing files that are passed on at once

new = tuple.__new__


class Item(NamedTuple):
    """A file by its path, on either side or both. A path that ends in a slash is a directory, of one level only.

    In a listing of all levels it is a mount, which may be empty.
    """

    path: str
    source: Source | None = None
    copy: Copy | None = None
    freshness: Freshness | None = None


class Cached(NamedTuple):
    """The cached files: runs of files by key, and functions of them.

    A file is a tuple that begins with its key. With one tier it is `Found`, which equals its source. `copies` gives
    the copies of a file, `name` the name of a path's object, `target` what the symlink at a key leads to. `strict`
    as in `judge`.
    """

    runs: Iterator[Sequence[tuple[Any, ...]]]
    copies: Callable[[tuple[Any, ...]], Sequence[Copy]]
    name: Callable[[str], ObjectName]
    target: Callable[[str], Source | None]
    tier: TierDirectory | None
    strict: bool = False

    def item(self, path: str, source: Source | None, file: tuple[Any, ...]) -> Item:
        """Return the item of a cached file, or of a directory, which has no state."""
        if file[0].endswith("/"):
            return new(Item, (path, source, self.copies(file)[0], None))
        source = source or self.target(file[0])
        found = best_of(path, self.name(path), source, self.copies(file), strict=self.strict)
        return new(Item, (path, source, *found))


def cached_on(
    streams: Sequence[tuple[TierDirectory, Iterator[list[Found]]]],
    separator: str,
    name: Callable[[str], ObjectName],
    target: Callable[[str], Source | None],
) -> Cached:
    """Return the cached files of several tiers as one stream. All copies of a file are judged.

    `name` names the object of a path. `target` gives what a symlink of the bucket leads to, by its key: the source
    of a copy that has no other.
    """
    if len(streams) == 1:
        [(tier, runs)] = streams
        return Cached(runs, lambda file: [_copy(tier, file)], name, target, tier)
    merged = heapq.merge(
        *(_keyed(tier, runs) for tier, runs in streams), key=lambda each: each[0].replace("/", separator)
    )
    files = ((key, [copy for _, copy in group]) for key, group in groupby(merged, itemgetter(0)))
    runs_of_all = iter(lambda: list(islice(files, BATCH_FILES)), [])
    return Cached(runs_of_all, lambda file: file[1], name, target, None)


def _keyed(tier: TierDirectory, runs: Iterator[list[Found]]) -> Iterator[tuple[str, Copy]]:
    return ((found[0], _copy(tier, found)) for found in chain.from_iterable(runs))


def _copy(tier: TierDirectory, found: tuple[Any, ...]) -> Copy:
    return new(Copy, (tier, found[1], found[2], 0, 0))


class Uniform:
    """A run of files in one state: equal in the bucket and on `tier`, or in the bucket alone. Count or iterate."""

    __slots__ = ("files", "prefix", "tier")

    def __init__(self, prefix: str, files: Sequence[tuple[Any, ...]], tier: TierDirectory | None) -> None:
        self.prefix = prefix
        self.files = files
        self.tier = tier

    def __iter__(self) -> Iterator[Item]:
        """Yield the items."""
        prefix, tier, state = self.prefix, self.tier, Freshness.CACHED
        if tier is None:
            yield from (new(Item, (prefix + each[0], new(Source, each), None, None)) for each in self.files)
            return
        for each in self.files:
            yield new(Item, (prefix + each[0], new(Source, each), new(Copy, (tier, each[1], each[2], 0, 0)), state))

    def lies_in(self, directory: str) -> bool:
        """Return True if the whole run is in `directory` (with a final slash). Runs are in order."""
        return all(f"{self.prefix}{file[0]}".startswith(directory) for file in (self.files[0], self.files[-1]))


ItemRun = Uniform | list[Item]


def merge(
    prefix: str, separator: str, sources: Iterator[Sequence[tuple[Any, ...]]], cached: Cached
) -> Iterator[ItemRun]:
    """Yield the items of a mount in key order, in runs. `sources` and `cached` are non-empty runs too.

    When OutOfTime ends the sources, everything before it is yielded first.
    """
    apart: list[Item] = []
    try:
        yield from _merged(prefix, separator, sources, cached, apart)
    except OutOfTime:
        if apart:
            yield apart
        raise


def _merged(
    prefix: str, separator: str, sources: Iterator[Sequence[tuple[Any, ...]]], cached: Cached, apart: list[Item]
) -> Iterator[ItemRun]:
    """Yield the runs. `apart` holds the items that are not yet yielded."""
    ours, theirs = next(sources, None), next(cached.runs, None)
    i = j = 0
    while ours is not None or theirs is not None:
        file = theirs[j] if theirs is not None else None
        alike = i == j == 0 and ours == theirs and cached.tier is not None and not cached.strict  # lists compare fast
        if ours is not None and (alike or (i == 0 and _is_before(ours[-1], file, separator))):
            if apart:
                yield apart.copy()
                apart.clear()
            yield Uniform(prefix, ours, cached.tier if alike else None)
            ours = next(sources, None)
            theirs = next(cached.runs, None) if alike else theirs
            continue
        source = new(Source, ours[i]) if ours is not None else None
        step = _order(source, file, separator)
        if source is not None and step < 0:
            apart.append(new(Item, (prefix + source.key, source, None, None)))
        elif file is not None:
            apart.append(cached.item(prefix + file[0], source if step == 0 else None, file))
        if len(apart) == APART_FILES:
            yield apart.copy()
            apart.clear()
        i += step <= 0
        j += step >= 0
        if ours is not None and i == len(ours):
            ours, i = next(sources, None), 0
        if theirs is not None and j == len(theirs):
            theirs, j = next(cached.runs, None), 0
    if apart:
        yield apart


def _is_before(source: tuple[Any, ...], file: tuple[Any, ...] | None, separator: str) -> bool:
    """Return True if the last source of a run comes before the next cached file."""
    return file is None or source[0].replace("/", separator) < file[0].replace("/", separator)


def _order(source: Source | None, file: tuple[Any, ...] | None, separator: str) -> int:
    """Return -1 if the source comes first, 1 if the cached file does, 0 if they have the same key."""
    if source is None or file is None:
        return 1 if source is None else -1
    if source[0] == file[0]:
        return 0
    return -1 if source[0].replace("/", separator) < file[0].replace("/", separator) else 1
