"""Bucket and tiers as one: every file that either holds, in key order, as a stream.

Used in web and the job process. Sorted streams are merged, so that memory stays flat.
"""

import heapq
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from avio.engines.local.buckets.base import Source
from avio.engines.local.freshness import Freshness
from avio.engines.local.mounts import Mount, Mounts
from avio.engines.local.tiers import Copy, TierDirectory, Tiers, best_of
from avio.engines.local.trees import Found, Walk, walk
from avio.wire.paths import is_under

_Copies = tuple[str, Sequence[Copy]]  # what the tiers hold for a key, best first


class Item(NamedTuple):
    """A file by its path, on either side or both. A path that ends in a slash is a mount: there, if empty."""

    path: str
    source: Source | None = None
    copy: Copy | None = None
    freshness: Freshness | None = None


def join(mounts: Mounts, tiers: Tiers, path: str, after: str = "") -> Iterator[Item]:
    """Yield all files below the directory `path` after the place `after` (a path; a directory's ends in a slash)."""
    return _below(mounts.find(path), tiers, path, after)


def _below(mount: Mount, tiers: Tiers, path: str, after: str) -> Iterator[Item]:
    nested = [each for each in mount.nested if is_under(each.path, path)]
    own = _own(mount, tiers, path, after)
    return _with_nested(mount, nested, own, tiers, after) if nested else own


def _with_nested(mount: Mount, nested: list[Mount], own: Iterator[Item], tiers: Tiers, after: str) -> Iterator[Item]:
    """Put the files of nested mounts where their paths belong."""
    separator = mount.bucket.separator
    begin = after.replace("/", separator)
    item = next(own, None)
    for inner in nested:
        place = inner.prefix.replace("/", separator)
        while item is not None and item.path.replace("/", separator) < place:
            yield item
            item = next(own, None)
        while item is not None and item.path.startswith(inner.prefix):  # the nested mount hides them
            item = next(own, None)
        if begin < place:
            yield Item(inner.prefix)
            yield from _below(inner, tiers, inner.path, "")
        elif after.startswith(inner.prefix):
            yield from _below(inner, tiers, inner.path, after)
    if item is not None:
        yield item
        yield from own


def _own(mount: Mount, tiers: Tiers, path: str, after: str) -> Iterator[Item]:
    """Yield the files of one mount below `path`."""
    if not mount.real:
        return iter(())
    key = mount.key(path)
    prefix = key + "/" if key else ""
    begin = mount.key(after) if after.startswith(mount.prefix) else ""
    return _merge(mount, mount.bucket.scan(prefix, begin), _cached(mount, tiers, prefix, begin))


def _cached(mount: Mount, tiers: Tiers, prefix: str, after: str) -> Iterator[_Copies]:
    """Yield what the tiers hold of a mount, in its key order."""
    separator = mount.bucket.separator
    skip = frozenset(mount.key(nested.path) for nested in mount.nested)
    streams = [
        _on_tier(tier, walk(Walk(tier.root, mount.path[1:], prefix, after, separator, skip=skip))) for tier in tiers
    ]
    if len(streams) == 1:
        return streams[0]
    merged = heapq.merge(*streams, key=lambda copies: copies[0].replace("/", separator))
    return ((key, [copy for _, (copy,) in group]) for key, group in groupby(merged, itemgetter(0)))


def _on_tier(tier: TierDirectory, files: Iterator[Found]) -> Iterator[_Copies]:
    for key, size, mtime_ns in files:
        yield key, (Copy(tier, size, mtime_ns),)


def _merge(mount: Mount, sources: Iterator[Source], cached: Iterator[_Copies]) -> Iterator[Item]:
    prefix, separator = mount.prefix, mount.bucket.separator
    source = next(sources, None)
    copies = next(cached, None)
    while source is not None or copies is not None:
        if source is not None and copies is not None and source.key == copies[0]:
            path = prefix + source.key
            copy, freshness = best_of(path, source, copies[1])
            yield Item(path, source, copy, freshness)
            source = next(sources, None)
            copies = next(cached, None)
        elif copies is None or (
            source is not None and source.key.replace("/", separator) < copies[0].replace("/", separator)
        ):
            yield Item(prefix + source.key, source)  # type: ignore[union-attr]  # one of the two is there
            source = next(sources, None)
        else:
            path = prefix + copies[0]
            yield Item(path, None, *best_of(path, None, copies[1]))
            copies = next(cached, None)
