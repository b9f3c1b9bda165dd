"""The files of bucket and cache together, as a check walks them.

Used in web and the job process.
"""

from collections.abc import Callable, Iterator

from avio.engines.base import Side
from avio.engines.left_out import LeaveOut, LeftOut, Symlink
from avio.engines.local import empty_walk
from avio.engines.local.buckets.pace import JOB
from avio.engines.local.directory_window import LeaveOut as BelowRoot
from avio.engines.local.joined_view import Sinks, join, join_level
from avio.engines.local.merge import Item
from avio.engines.local.mounts import Mounts
from avio.engines.local.tiers import Tiers, best_of
from avio.errors import EngineError
from avio.wire.paths import depth_below


class BothSides:
    """Walks over `mounts` and `tiers` at once. `is_fit` is that of `Walks`."""

    def __init__(self, mounts: Mounts, tiers: Tiers, is_fit: Callable[[Item, LeaveOut], bool]) -> None:
        self._mounts = mounts
        self._tiers = tiers
        self._is_fit = is_fit

    def walk(self, path: str, depth: int | None, left_out: LeaveOut) -> Iterator[Item]:
        """Yield the files of bucket and tiers at or below `path`, at most `depth` levels down, judged strictly.

        No bytes are read: a copy that was changed here may have those of the bucket all the same.
        """
        empty = True

        def leave_out(place: str, error: EngineError) -> None:
            nonlocal empty
            empty = False
            left_out(LeftOut.of(place, error))

        for item in self._items_on_both(path, depth, leave_out):
            empty = False
            if item.source is not None or self._is_fit(item, left_out):
                yield item
        if empty:
            empty_walk.explain(self._mounts, self._tiers, path, Side.BOTH, leave_out)

    def _items_on_both(self, path: str, depth: int | None, leave_out: BelowRoot) -> Iterator[Item]:
        """Yield `path` if it is a file. An empty object with the name of a folder marks the folder."""
        mount = self._mounts.find(path)
        key = mount.key(path)
        if not mount.real or not key:
            yield from self._below_on_both(path, depth, leave_out)
            return
        source, copies = mount.bucket.head(key), self._tiers.copies(path)
        is_folder = not (source.size if source is not None else 0) and mount.bucket.has_directory(key)
        if copies:
            known = None if is_folder else source or mount.bucket.target(key)
            yield Item(path, known, *best_of(path, mount.object_name(path), known, copies, strict=True))
        elif source is not None and not is_folder:
            yield Item(path, source)
        if is_folder or not (copies or source):
            yield from self._below_on_both(path, depth, leave_out)

    def _below_on_both(self, path: str, depth: int | None, leave_out: BelowRoot) -> Iterator[Item]:
        if depth == 0:
            return

        def is_near(place: str) -> bool:
            return depth is None or depth_below(place, path) <= depth

        def in_bucket(place: str, error: EngineError) -> None:
            # A symlink that has a copy was followed by a preload: the copy is compared with what it leads to.
            if is_near(place) and not (isinstance(error, Symlink) and self._tiers.copies(place)):
                leave_out(place, error)

        def in_tier(place: str, error: EngineError) -> None:
            if is_near(place):
                leave_out(place, error)

        sinks = Sinks(in_bucket, in_tier)
        items: Iterator[Item] = (
            join_level(self._mounts, self._tiers, path, "", sinks, JOB, strict=True)
            if depth == 1
            else join(self._mounts, self._tiers, path, sinks=sinks, strict=True)
        )
        with self._tiers.holding():
            yield from (item for item in items if not item.path.endswith("/") and is_near(item.path))
