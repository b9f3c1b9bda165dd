"""Bucket and tiers as one: every file that either holds, in key order, as a stream.

Used in web and the job process. Sorted streams are merged, so that memory stays flat.
"""

from collections.abc import Iterator
from itertools import chain

from avio.engines.local.merging import Cached, Item, Run, cached_on, merge
from avio.engines.local.mounts import Mount, Mounts
from avio.engines.local.passing import Passing
from avio.engines.local.tiers import Tiers
from avio.engines.local.trees import Walk, runs
from avio.wire.paths import is_under


def join(mounts: Mounts, tiers: Tiers, path: str, after: str = "") -> Passing:
    """Return all files below the directory `path` after the place `after` (a path; a directory's ends in a slash)."""
    return Passing(_below(mounts.find(path), tiers, path, after))


def _below(mount: Mount, tiers: Tiers, path: str, after: str) -> Iterator[Run]:
    nested = [each for each in mount.nested if is_under(each.path, path)]
    own = _own(mount, tiers, path, after)
    return _with_nested(mount, nested, Passing(own), tiers, after) if nested else own


def _with_nested(mount: Mount, nested: list[Mount], own: Iterator[Item], tiers: Tiers, after: str) -> Iterator[Run]:
    """Put the files of nested mounts where their paths belong."""
    separator = mount.bucket.separator
    begin = after.replace("/", separator)
    item = next(own, None)
    for inner in nested:
        place = inner.prefix.replace("/", separator)
        while item is not None and item.path.replace("/", separator) < place:
            yield [item]
            item = next(own, None)
        while item is not None and item.path.startswith(inner.prefix):  # the nested mount hides them
            item = next(own, None)
        if begin < place:
            yield [Item(inner.prefix)]
            yield from _below(inner, tiers, inner.path, "")
        elif after.startswith(inner.prefix):
            yield from _below(inner, tiers, inner.path, after)
    if item is not None:
        yield [item]
        yield from ([item] for item in own)


def _own(mount: Mount, tiers: Tiers, path: str, after: str) -> Iterator[Run]:
    """Yield the files of one mount below `path`."""
    if not mount.real:
        return iter(())
    key = mount.key(path)
    prefix = key + "/" if key else ""
    begin = mount.key(after) if after.startswith(mount.prefix) else ""
    bucket = mount.bucket
    return merge(mount.prefix, bucket.separator, bucket.runs(prefix, begin), _cached(mount, tiers, prefix, begin))


def _cached(mount: Mount, tiers: Tiers, prefix: str, after: str) -> Cached:
    """Return what the tiers hold of a mount; those that hold nothing of it cost nothing more."""
    separator = mount.bucket.separator
    skip = frozenset(mount.key(nested.path) for nested in mount.nested)
    streams = []
    for tier in tiers:
        found = runs(Walk(tier.root, mount.path[1:], prefix, after, separator, skip=skip))
        if (first := next(found, None)) is not None:
            streams.append((tier, chain([first], found)))
    return cached_on(streams, separator)
