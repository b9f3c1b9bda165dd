"""The local engine: buckets at mounts, cached as plain files in tiers. Puts the rooms of this folder together.

Used by web (tasks) and the job process (jobs).
"""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, ClassVar

from avio.engines.base import Ability, Engine, Entry, Moved, MoveOptions, Page, Run, Side, Tier
from avio.engines.local.checking import Check, look
from avio.engines.local.download import Download
from avio.engines.local.joining import join
from avio.engines.local.merging import Item
from avio.engines.local.mounts import Mounts, open_mounts
from avio.engines.local.pages import make_page
from avio.engines.local.room import Room
from avio.engines.local.scratch import sweep
from avio.engines.local.sums import Sums, file_entry
from avio.engines.local.swarm import Swarm
from avio.engines.local.tiers import Tiers, best_of, open_tiers
from avio.engines.local.transfer import in_threads, persisting
from avio.engines.local.upload import Upload
from avio.errors import PathNotFound, TooLarge, Unsaved
from avio.wire.paths import depth_below, is_under


class LocalEngine(Engine):
    """The engine over `mounts` and `tiers`."""

    abilities: ClassVar[frozenset[Ability]] = frozenset(Ability)

    def __init__(self, mounts: Mounts, tiers: Tiers) -> None:
        self._mounts = mounts
        self._tiers = tiers
        self._room = Room(tiers)

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> "LocalEngine":
        """Build it from `Settings.engine_settings()`; ValueError names the mount or tier that is wrong."""
        return cls(open_mounts(settings["mounts"]), open_tiers(settings["tiers"]))

    def covers(self, path: str) -> bool:
        """Tell whether a mount lies at, above or below `path`."""
        try:
            self._mounts.find(path)
        except PathNotFound:
            return False
        return True

    def stat(self, path: str, *, limit: int | None = None) -> Entry:
        """Return `path` as it stands now, a directory with its sums."""
        item = self._file(path)
        if item is not None:
            return file_entry(item)
        sums = Sums()
        join(self._mounts, self._tiers, path).count(sums, "", sys.maxsize if limit is None else limit + 1)
        if limit is not None and sums.files > limit:
            raise TooLarge(f"{path} has more than {limit} files", cure="ask for a directory below it, or submit a job")
        if not sums.files:
            self._must_be_there(path)
        return sums.entry(path)

    def list(self, path: str, *, depth: int | None, size: int, after: str | None = None) -> Page:
        """Return a page of what is below `path`; in `after`, a directory ends in a slash."""
        item = self._file(path)
        if item is not None:
            return Page([file_entry(item)], None)
        page = make_page(
            lambda place: join(self._mounts, self._tiers, path, place), path, depth=depth, size=size, after=after or ""
        )
        if not page.entries and not after:
            self._must_be_there(path)
        return page

    def walk(self, path: str, *, depth: int | None, side: Side) -> Iterator[Entry]:
        """Yield the files at or below `path` that `side` holds."""
        item = self._file(path)
        if item is not None:
            if (item.source if side is Side.BUCKET else item.copy) is not None:
                yield file_entry(item)
            return
        empty = True
        for each in self._in_bucket(path, depth) if side is Side.BUCKET else self._in_cache(path, depth):
            empty = False
            yield file_entry(each)
        if empty and next(join(self._mounts, self._tiers, path), None) is None:
            self._must_be_there(path)

    def preload(self, entries: Iterable[Entry], options: MoveOptions, run: Run) -> Iterator[Moved]:
        """Download what is not in the cache; see `Download`."""
        download = Download(self._mounts, self._tiers, self._room, options, run)
        try:
            with self._tiers.holding():
                yield from Swarm(self._mounts, download, options.threads, run)(entries)
        finally:
            download.finish()

    def save(self, entries: Iterable[Entry], options: MoveOptions, run: Run) -> Iterator[Moved]:
        """Upload what is not in the bucket; see `Upload`."""
        upload = Upload(self._mounts, self._tiers, options, run)
        try:
            yield from in_threads(entries, persisting(upload, run), options.threads, run)
        finally:
            upload.finish()

    def recheck(self, entries: Iterable[Entry], options: MoveOptions, run: Run) -> Iterator[Entry]:
        """Yield each entry as it stands now; see `Check`."""
        with self._tiers.holding():
            yield from Check(self._mounts, self._tiers, options, run)(entries)

    def drop(self, path: str) -> None:
        """Remove the copies of what is cached at or below `path`, on every tier."""
        item = self._file(path)
        for each in join(self._mounts, self._tiers, path) if item is None else [item]:
            if each.freshness is not None and each.freshness.is_dirty:
                raise Unsaved(f"{each.path} was written while it was freed")
            self._tiers.drop(each.path, self._tiers.copies(each.path) if each.copy is not None else ())

    def capacity(self) -> Sequence[Tier]:
        """Return the tiers with what they hold, measured not long ago."""
        return [Tier(tier.alias, tier.capacity, self._room.used(tier)) for tier in self._tiers]

    def aliases(self) -> frozenset[str]:
        """Return the aliases of the tiers, without measuring them."""
        return frozenset(tier.alias for tier in self._tiers)

    def health(self) -> None:
        """Return when every tier can be written to and every bucket answers."""
        self._tiers.check()
        for mount in self._mounts:
            mount.bucket.ping()

    def sweep(self, live: Callable[[], Collection[str]]) -> None:
        """Remove the temporaries of every attempt whose run name is not in `live()`, in tiers and `file://` buckets."""
        for root in (*self._tiers.roots(), *self._mounts.roots()):
            sweep(root, live)

    def _file(self, path: str) -> Item | None:
        """Return the file at `path`; None where it is no file. PathNotFound where no mount covers it."""
        mount = self._mounts.find(path)
        if not mount.real or not mount.key(path):
            return None
        item = look(self._mounts, self._tiers, path)
        return item if item.source is not None or item.copy is not None else None

    def _in_cache(self, path: str, depth: int | None) -> Iterator[Item]:
        for item in join(self._mounts, self._tiers, path):
            if item.copy is not None and (depth is None or depth_below(item.path, path) <= depth):
                yield item

    def _in_bucket(self, path: str, depth: int | None) -> Iterator[Item]:
        """Yield the bucket's files below `path`, each with a look into the tiers: no tier is read as a whole."""
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
            for source in mount.bucket.scan(prefix, depth=levels, ordered=False):
                full = mount.prefix + source.key
                if not any(is_under(full, nested.path) for nested in mount.nested):
                    copies = self._tiers.copies(full)
                    yield Item(full, source, *best_of(full, source, copies)) if copies else Item(full, source)

    def _must_be_there(self, path: str) -> None:
        """Raise PathNotFound unless the empty directory `path` is there, or has a mount below it."""
        mount = self._mounts.find(path)
        below = any(is_under(nested.path, path) for nested in mount.nested)
        if not below and not mount.bucket.has_directory(mount.key(path)) and not self._tiers.has_directory(path):
            raise PathNotFound(f"{path} is neither in its bucket nor in the cache")
