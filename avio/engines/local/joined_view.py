"""Bucket and tiers merged: every file of either, in key order, as a stream.

Used in web and the job process. Sorted streams are merged, so that memory stays flat.
"""

from collections.abc import Collection, Iterator
from itertools import chain
from typing import NamedTuple

from avio.engines.local.buckets.pace import JOB, Pace
from avio.engines.local.cached_view import cached_items
from avio.engines.local.directory_window import Found, LeaveOut
from avio.engines.local.errors import tier_errors
from avio.engines.local.item_stream import ItemStream
from avio.engines.local.merge import Cached, Item, ItemRun, cached_on, merge
from avio.engines.local.mounts import Mount, Mounts
from avio.engines.local.tiers import TierDirectory, Tiers
from avio.engines.local.tree_walk import LAST, Walk, ignore, runs
from avio.errors import EngineError
from avio.wire.paths import is_under


class Sinks(NamedTuple):
    """What is called with the path of everything that is left out, in the bucket and in a tier."""

    bucket: LeaveOut = ignore
    tier: LeaveOut = ignore


_QUIET = Sinks()


class _How(NamedTuple):
    """What to join: the tiers, the place to begin after, and how."""

    tiers: Tiers
    after: str
    sinks: Sinks
    pace: Pace
    cached_only: bool
    silent: Collection[str]


def join(
    mounts: Mounts,
    tiers: Tiers,
    path: str,
    after: str = "",
    sinks: Sinks = _QUIET,
    pace: Pace = JOB,
    *,
    cached_only: bool = False,
    silent: Collection[str] = (),
) -> ItemStream:
    """Return all files below the directory `path` after the place `after` (a path; a directory's ends in a slash).

    With `cached_only` those that are cached, judged strictly, for a save or a free: the bucket is listed near them
    alone. Mounts whose paths are in `silent` are not asked, and have no files.
    """
    return ItemStream(_below(mounts.find(path), path, _How(tiers, after, sinks, pace, cached_only, silent)))


def _below(mount: Mount, path: str, how: _How) -> Iterator[ItemRun]:
    nested = [each for each in mount.nested if is_under(each.path, path)]
    own = _own(mount, path, how)
    return _with_nested(mount, nested, ItemStream(own), how) if nested else own


def _with_nested(mount: Mount, nested: list[Mount], own: Iterator[Item], how: _How) -> Iterator[ItemRun]:
    """Insert the files of nested mounts in path order."""
    separator = mount.bucket.separator
    begin = how.after.replace("/", separator)
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
            yield from _below(inner, inner.path, how._replace(after=""))
        elif how.after.startswith(inner.prefix) and how.after != inner.prefix + LAST:  # that is behind the whole mount
            yield from _below(inner, inner.path, how)
    if item is not None:
        yield [item]
        yield from ([item] for item in own)


def _own(mount: Mount, path: str, how: _How) -> Iterator[ItemRun]:
    """Yield the files of one mount below `path`."""
    if not mount.real or mount.path in how.silent:
        return iter(())
    key = mount.key(path)
    prefix = key + "/" if key else ""
    begin = mount.key(how.after) if how.after.startswith(mount.prefix) else ""
    bucket = mount.bucket
    cached = _cached(mount, prefix, begin, how)
    if how.cached_only:
        strict = cached._replace(strict=True)
        return cached_items(
            mount.prefix, bucket.separator, lambda after: bucket.runs(prefix, after), bucket.head, begin, strict
        )
    ours = bucket.runs(prefix, begin, how.pace, leave_out=below_mount(mount, how.sinks.bucket))
    return merge(mount.prefix, bucket.separator, ours, cached)


def below_mount(mount: Mount, sink: LeaveOut) -> LeaveOut:
    """Return `sink` for keys of the mount: it gets whole paths. What a nested mount hides is not passed on."""

    def leave_out(key: str, error: EngineError) -> None:
        path = mount.prefix + key.rstrip("/")
        if not any(is_under(path, nested.path) for nested in mount.nested):
            sink(path, error)

    return leave_out


def _of_tier(mount: Mount, sink: LeaveOut) -> LeaveOut:
    """Return `sink` for the keys of a mount in a tier, without the directory that ext4 keeps at the top of a disk."""
    return below_mount(mount, lambda path, error: None if path == "/lost+found" else sink(path, error))


def _cached(mount: Mount, prefix: str, after: str, how: _How) -> Cached:
    """Return the cached files of a mount. Tiers without any cost nothing more.

    A copy that a job made of a symlink's target is judged by that target.
    """
    separator = mount.bucket.separator
    skip = frozenset(mount.key(nested.path) for nested in mount.nested)
    streams = []
    for tier in how.tiers:
        sink = _of_tier(mount, how.sinks.tier)
        walk = Walk(tier.root, mount.path[1:], prefix, after, separator, skip=skip, leave_out=sink)
        found = _guarded(tier, walk._replace(window=how.pace.window))
        if (first := next(found, None)) is not None:
            streams.append((tier, chain([first], found)))
    return cached_on(streams, separator, mount.object_name, mount.bucket.target)


def _guarded(tier: TierDirectory, how: Walk) -> Iterator[list[Found]]:
    with tier_errors(f"tier {tier.alias}: /{how.base}/{how.prefix}"):
        yield from runs(how)
