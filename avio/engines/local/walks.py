"""The files of one side, as a job walks them: those of the bucket, or those of the cache.

Used in web and the job process. Reads no tier as a whole for the bucket's files.
"""

from collections.abc import Iterator

from avio.engines.left_out import LeaveOut, LeftOut
from avio.engines.local.directory_window import LeaveOut as BelowRoot
from avio.engines.local.freshness import Freshness
from avio.engines.local.joined_view import Sinks, below_mount, join
from avio.engines.local.merge import Item
from avio.engines.local.mounts import Mount, Mounts
from avio.engines.local.recognition import judged_now
from avio.engines.local.tiers import Tiers, best_of
from avio.errors import EngineError
from avio.wire.paths import depth_below, is_under


class Walks:
    """Walks over `mounts` and `tiers`."""

    def __init__(self, mounts: Mounts, tiers: Tiers) -> None:
        self._mounts = mounts
        self._tiers = tiers

    def is_fit(self, item: Item, left_out: LeaveOut) -> bool:
        """Return True if the bucket can hold the cached file. Calls `left_out` otherwise."""
        mount = self._mounts.find(item.path)
        unfit = mount.bucket.unfit(mount.key(item.path))
        if unfit is not None:
            left_out(LeftOut.of(item.path, unfit))
        return unfit is None

    def in_cache(self, path: str, depth: int | None, leave_out: BelowRoot, *, settle: bool) -> Iterator[Item]:
        """Yield the cached files below `path`, at most `depth` levels down.

        Without `settle`, a touched copy stays so: a save reads it in its threads.
        """

        def near(place: str, error: EngineError) -> None:
            if depth is None or depth_below(place, path) <= depth:
                leave_out(place, error)

        for item in join(self._mounts, self._tiers, path, sinks=Sinks(tier=near), cached_only=True):
            if item.copy is not None and (depth is None or depth_below(item.path, path) <= depth):
                yield self._proved(item, settle=settle)

    def in_bucket(self, path: str, depth: int | None, leave_out: BelowRoot, *, follow: bool) -> Iterator[Item]:
        """Yield the bucket's files below `path`, each with its copies in the tiers."""
        mounts = [self._mounts.find(path)]
        while mounts:
            mount = mounts.pop()
            mounts += [nested for nested in mount.nested if is_under(nested.path, path)]
            levels = depth
            if depth is not None and is_under(mount.path, path):
                levels = depth - depth_below(mount.path, path)
                if levels < 1:
                    continue
            prefix = mount.key(path) + "/" if is_under(path, mount.path) and mount.key(path) else ""
            sink = below_mount(mount, leave_out)
            for source in mount.bucket.scan(prefix, depth=levels, ordered=False, follow=follow, leave_out=sink):
                full = mount.prefix + source.key
                if not any(is_under(full, nested.path) for nested in mount.nested):
                    yield self._with_copies(mount, Item(full, source))

    def _with_copies(self, mount: Mount, item: Item) -> Item:
        copies = self._tiers.copies(item.path)
        if not copies:
            return item
        found = best_of(item.path, mount.object_name(item.path), item.source, copies)
        return self._proved(Item(item.path, item.source, *found))

    def _proved(self, item: Item, *, settle: bool = False) -> Item:
        """Return `item` as its bytes show it, if it seems to be in conflict, or with `settle` if it was touched."""
        if item.freshness is Freshness.CONFLICT or (settle and item.freshness is Freshness.TOUCHED):
            copies = self._tiers.copies(item.path)
            if copies:
                return Item(item.path, item.source, *judged_now(self._mounts.find(item.path), *item[:2], copies))
        return item
