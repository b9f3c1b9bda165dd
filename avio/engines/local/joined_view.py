"""Bucket and tiers merged: every file of either, in key order, as a stream.

Used in web and the job process. Sorted streams are merged, so that memory stays flat.
"""

import heapq
from collections.abc import Callable, Collection, Iterator
from functools import partial
from itertools import chain
from typing import NamedTuple, TypeVar

from avio.engines.local.buckets.pace import JOB, Pace
from avio.engines.local.cached_view import cached_items
from avio.engines.local.directory_window import Found, LeaveOut
from avio.engines.local.errors import tier_errors
from avio.engines.local.item_stream import ItemStream
from avio.engines.local.merge import Cached, Item, ItemRun, cached_on, merge
from avio.engines.local.mounts import Mount, Mounts
from avio.engines.local.tiers import TierDirectory, Tiers
from avio.engines.local.tree_walk import LAST, Walk, ignore, level, runs
from avio.errors import EngineAway, EngineError
from avio.wire.paths import is_under

T = TypeVar("T")


class Sinks(NamedTuple):
    """What is called with the path of everything that is left out, in the bucket and in a tier."""

    bucket: LeaveOut = ignore
    tier: LeaveOut = ignore


_QUIET = Sinks()

# Gets the path of a mount whose bucket refuses to be listed, and why.
Refused = Callable[[str, EngineError], object]


class _Refusal(Exception):
    """A bucket refuses to be listed."""

    def __init__(self, why: EngineError) -> None:
        super().__init__(why)
        self.why = why


class _How(NamedTuple):
    """What to join: the tiers, the place to begin after, and how."""

    tiers: Tiers
    after: str
    sinks: Sinks
    pace: Pace
    cached_only: bool
    silent: Collection[str]
    refused: Refused | None = None
    one_level: bool = False
    strict: bool = False


def join(
    mounts: Mounts,
    tiers: Tiers,
    path: str,
    after: str = "",
    sinks: Sinks = _QUIET,
    pace: Pace = JOB,
    *,
    cached_only: bool = False,
    strict: bool = False,
    silent: Collection[str] = (),
    refused: Refused | None = None,
) -> ItemStream:
    """Return all files below the directory `path` after the place `after` (a path; a directory's ends in a slash).

    With `cached_only` those that are cached, judged strictly, for a save or a free: the bucket is listed near them
    alone. `strict` judges the files of both sides strictly. Mounts whose paths are in `silent` are not asked, and have
    no files. With `refused`, a mount below `path` whose bucket refuses has no more files, and does not end the stream.
    """
    how = _How(tiers, after, sinks, pace, cached_only, silent, refused, strict=strict)
    return ItemStream(_below(mounts.find(path), path, how, is_top=True))


def _below(mount: Mount, path: str, how: _How, *, is_top: bool = False) -> Iterator[ItemRun]:
    """Yield the files of a mount and of those below it. What the mount at the top refuses is an error."""
    nested = [each for each in mount.nested if is_under(each.path, path)]
    own = _unless_refused(mount, path, how._replace(refused=None) if is_top else how)
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


def join_level(
    mounts: Mounts,
    tiers: Tiers,
    path: str,
    after: str,
    sinks: Sinks,
    pace: Pace,
    *,
    strict: bool = False,
    silent: Collection[str] = (),
    refused: Refused | None = None,
) -> Iterator[Item]:
    """Yield the files and directories directly in the directory `path` after the place `after`, in key order.

    A directory's item has its path with a slash. It has a source if the bucket has it, a copy if a tier has it, and
    neither if only a mount is below. With `refused`, what the bucket refuses is not there.
    """
    mount, how = mounts.find(path), _How(tiers, after, sinks, pace, False, silent, refused, True, strict)
    above = path.rstrip("/") + "/"
    nested = [each for each in mount.nested if is_under(each.path, path)]
    hidden = {each.prefix for each in nested}
    own = (item for run in _unless_refused(mount, path, how) for item in run if item.path not in hidden)

    def place(path: str) -> str:
        return path.replace("/", mount.bucket.separator)

    names = {above + each.prefix[len(above) :].partition("/")[0] + "/" for each in nested}
    between = [Item(path) for path in sorted(names, key=place) if place(path) > place(after)]
    last = ""
    for item in heapq.merge(own, between, key=lambda item: place(item.path)):
        if item.path != last:  # a directory of the bucket may have a mount below it
            yield item
        last = item.path


def _unless_refused(mount: Mount, path: str, how: _How) -> Iterator[ItemRun]:
    """Yield the files of one mount below `path`, up to where its bucket refuses. A tier that refuses is an error."""
    if how.refused is None:
        return _own(mount, path, how)
    return _up_to_refusal(mount, path, how, how.refused)


def _up_to_refusal(mount: Mount, path: str, how: _How, refused: Refused) -> Iterator[ItemRun]:
    try:
        yield from _own(mount, path, how)
    except _Refusal as refusal:
        refused(mount.path, refusal.why)


def _marked(rows: Callable[[], Iterator[T]]) -> Iterator[T]:
    """Yield what a bucket lists. Raises what it refuses as a refusal, so that no error of a tier is taken for one."""
    try:
        yield from rows()
    except EngineAway:
        raise
    except EngineError as error:
        raise _Refusal(error) from error


def _own(mount: Mount, path: str, how: _How) -> Iterator[ItemRun]:
    """Yield the files of one mount below `path`."""
    if not mount.real or mount.path in how.silent:
        return iter(())
    key = mount.key(path)
    prefix = key + "/" if key else ""
    begin = mount.key(how.after) if how.after.startswith(mount.prefix) else ""
    bucket = mount.bucket
    cached = _cached(mount, prefix, begin, how)._replace(strict=how.strict or how.cached_only)
    if how.cached_only:
        return cached_items(
            mount.prefix, bucket.separator, lambda after: bucket.runs(prefix, after), bucket.head, begin, cached
        )
    lists = bucket.level if how.one_level else bucket.runs
    listed = partial(lists, prefix, begin, how.pace, leave_out=below_mount(mount, how.sinks.bucket))
    ours = listed() if how.refused is None else _marked(listed)
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
        if tier.follows:
            walk = walk._replace(follow=True, accepts=partial(_accepts, tier))
        found = _guarded(tier, walk._replace(window=how.pace.window), level if how.one_level else runs)
        if (first := next(found, None)) is not None:
            streams.append((tier, chain([first], found)))
    return cached_on(streams, separator, mount.object_name, mount.bucket.target)


def _accepts(tier: TierDirectory, name: str) -> bool:
    return tier.accepts(f"/{name}")


def _guarded(tier: TierDirectory, how: Walk, read: Callable[[Walk], Iterator[list[Found]]]) -> Iterator[list[Found]]:
    with tier_errors(f"tier {tier.alias}: /{how.base}/{how.prefix}"):
        yield from read(how)
