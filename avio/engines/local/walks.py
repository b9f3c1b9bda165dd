"""The files of one side, as a job walks them: those of the bucket, or those of the cache.

Used in web and the job process. Reads no tier as a whole for the bucket's files.
"""

from collections.abc import Callable, Iterable, Iterator

from avio.engines.base import Side
from avio.engines.left_out import LeaveOut, LeftOut
from avio.engines.local import empty_walk
from avio.engines.local.buckets.base import Source
from avio.engines.local.directory_window import LeaveOut as BelowRoot
from avio.engines.local.followed import FollowedTiers
from avio.engines.local.freshness import Freshness
from avio.engines.local.joined_view import Sinks, below_mount, join
from avio.engines.local.merge import Item
from avio.engines.local.mounts import Mount, Mounts
from avio.engines.local.recognition import judged_now
from avio.engines.local.tiers import Tiers, best_of
from avio.errors import EngineError
from avio.wire.paths import depth_below, is_under


class Walks:
    """Walks over `mounts` and `tiers`. `file_at` returns the file at a path as the tiers given have it, or None."""

    def __init__(self, mounts: Mounts, tiers: Tiers, file_at: Callable[[str, Tiers], Item | None]) -> None:
        self._mounts = mounts
        self._tiers = tiers
        self._file_at = file_at

    def walk(self, path: str, depth: int | None, side: Side, left_out: LeaveOut, *, follow: bool) -> Iterator[Item]:
        """Yield the files at or below `path` that `side` holds. Raises PathNotFound if there is nothing at `path`."""
        tiers = FollowedTiers(self._tiers, self._mounts) if follow and side is not Side.BUCKET else self._tiers
        item = self._file_at(path, tiers)
        if item is not None and not (side is Side.BUCKET and item.source is None and self._hides_folder(path)):
            if (side is Side.BUCKET and item.source is not None) or (
                side is not Side.BUCKET and item.copy is not None and self.is_fit(item, left_out)
            ):
                yield item
            elif side is not Side.BUCKET and item.copy is None:
                empty_walk.look_in_tiers(self._tiers, path, lambda at, error: left_out(LeftOut.of(at, error)))
            return
        empty = True

        def leave_out(path: str, error: EngineError) -> None:
            nonlocal empty
            empty = False
            left_out(LeftOut.of(path, error))

        if side is Side.BUCKET:
            found = self._in_bucket(path, depth, leave_out, follow=follow)
        else:
            cached = self._in_cache(tiers, path, depth, leave_out, settle=side is Side.CACHE)
            found = (each for each in cached if self.is_fit(each, left_out))
        for each in self._held(found):
            empty = False
            yield each
        if empty:
            empty_walk.explain(self._mounts, self._tiers, path, side, leave_out)

    def walk_on(self, path: str, after: str, depth: int | None, left_out: LeaveOut, *, follow: bool) -> Iterator[Item]:
        """Yield the bucket's files below `path` that a walk yields after the file `after`."""
        if after == path:  # it was a file
            return iter(())

        def leave_out(path: str, error: EngineError) -> None:
            left_out(LeftOut.of(path, error))

        return self._held(self._in_bucket(path, depth, leave_out, follow=follow, after=after))

    def look_again(self, listed: Iterable[tuple[str, str]]) -> Iterator[Item]:
        """Yield files that were listed, by path and token, each with its copies in the tiers."""

        def found() -> Iterator[Item]:
            for path, token in listed:
                mount = self._mounts.find(path)
                yield self._with_copies(mount, Item(path, Source.of_token(mount.key(path), token)))

        return self._held(found())

    def is_fit(self, item: Item, left_out: LeaveOut) -> bool:
        """Return True if the bucket can hold the cached file. Calls `left_out` otherwise."""
        mount = self._mounts.find(item.path)
        unfit = mount.bucket.unfit(mount.key(item.path))
        if unfit is not None:
            left_out(LeftOut.of(item.path, unfit))
        return unfit is None

    def _in_cache(
        self, tiers: Tiers, path: str, depth: int | None, leave_out: BelowRoot, *, settle: bool
    ) -> Iterator[Item]:
        """Yield the files of `tiers` below `path`, at most `depth` levels down.

        Without `settle`, a touched copy stays so: a save reads it in its threads.
        """

        def near(place: str, error: EngineError) -> None:
            if depth is None or depth_below(place, path) <= depth:
                leave_out(place, error)

        for item in join(self._mounts, tiers, path, sinks=Sinks(tier=near), cached_only=True):
            if item.copy is not None and (depth is None or depth_below(item.path, path) <= depth):
                yield self._proved(tiers, item, settle=settle)

    def _in_bucket(
        self, path: str, depth: int | None, leave_out: BelowRoot, *, follow: bool, after: str | None = None
    ) -> Iterator[Item]:
        """Yield the bucket's files below `path`, each with its copies in the tiers; those after the file `after`."""
        mounts = [self._mounts.find(path)]
        begin = None if after is None else self._mounts.find(after)
        while mounts:
            mount = mounts.pop()
            mounts += [nested for nested in mount.nested if is_under(nested.path, path)]
            key = ""
            if begin is not None and after is not None:
                if mount is not begin:  # its files were all listed before
                    continue
                key, begin = mount.key(after), None
            levels = depth
            if depth is not None and is_under(mount.path, path):
                levels = depth - depth_below(mount.path, path)
            if levels is not None and levels < 1:
                continue
            prefix = mount.key(path) + "/" if is_under(path, mount.path) and mount.key(path) else ""
            sink = below_mount(mount, leave_out)
            for source in mount.bucket.scan(prefix, key, levels, ordered=False, follow=follow, leave_out=sink):
                full = mount.prefix + source.key
                if not (mount.nested and any(is_under(full, nested.path) for nested in mount.nested)):
                    yield self._with_copies(mount, Item(full, source))
        if begin is not None:
            raise ValueError(f"{after} is in no mount at or below {path}")

    def _held(self, items: Iterator[Item]) -> Iterator[Item]:
        """Yield `items`, whose copies are looked for directory by directory."""
        with self._tiers.holding():
            yield from items

    def _hides_folder(self, path: str) -> bool:
        """Return True if a cached file has the name of a folder of the bucket."""
        mount = self._mounts.find(path)
        return mount.bucket.has_directory(mount.key(path))

    def _with_copies(self, mount: Mount, item: Item) -> Item:
        copies = self._tiers.copies(item.path)
        if not copies:
            return item
        found = best_of(item.path, mount.object_name(item.path), item.source, copies)
        return self._proved(self._tiers, Item(item.path, item.source, *found))

    def _proved(self, tiers: Tiers, item: Item, *, settle: bool = False) -> Item:
        """Return `item` as its bytes show it, if it seems to be in conflict, or with `settle` if it was touched."""
        if item.freshness is Freshness.CONFLICT or (settle and item.freshness is Freshness.TOUCHED):
            copies = tiers.copies(item.path)
            if copies:
                return Item(item.path, item.source, *judged_now(self._mounts.find(item.path), *item[:2], copies))
        return item
