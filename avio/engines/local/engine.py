"""The local engine: buckets at mounts, cached as plain files in tiers. Connects the modules of this package.

Used by web (tasks) and the job process (jobs).
"""

import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any, ClassVar

from avio.engines.admission import Admission
from avio.engines.base import Engine, Entry, Moved, Page, Side, Tier
from avio.engines.left_out import LeaveOut, LeftOut, Unchecked, fail, ignore
from avio.engines.local import empty_walk
from avio.engines.local.buckets.pace import TASK
from avio.engines.local.bulk_download import BulkDownload
from avio.engines.local.capacity import Capacity
from avio.engines.local.download import Download
from avio.engines.local.entries import ItemSums, file_entry
from avio.engines.local.errors import tier_errors
from avio.engines.local.frees import Frees
from avio.engines.local.joined_view import join
from avio.engines.local.left_paths import LeftOutPaths
from avio.engines.local.listing_page import PAGE_SECONDS, make_page, without_sums
from avio.engines.local.merge import Item
from avio.engines.local.mounts import Mounts, open_mounts
from avio.engines.local.promises import Admissions
from avio.engines.local.recheck import Recheck, look_up
from avio.engines.local.recognition import Uploads, judged_now
from avio.engines.local.scratch import sweep
from avio.engines.local.silent_mounts import SilentMounts
from avio.engines.local.store_gate import StoreGate
from avio.engines.local.tier_view import held
from avio.engines.local.tiers import Tiers, check_tier, open_tiers
from avio.engines.local.upload import Upload
from avio.engines.local.upload_journal import end_uploads
from avio.engines.local.walks import Walks
from avio.engines.local.workers import in_threads, retried
from avio.engines.members import Member
from avio.engines.refusals import no_answer, too_many_files
from avio.engines.run import Run
from avio.errors import EngineError, Unsaved
from avio.wire.params import Ability, Params
from avio.wire.paths import depth_below, is_under


class LocalEngine(Engine):
    """The engine over `mounts` and `tiers`."""

    abilities: ClassVar[frozenset[Ability]] = frozenset(Ability)

    def __init__(self, mounts: Mounts, tiers: Tiers) -> None:
        self._mounts = mounts
        self.urls = {mount.path: mount.bucket.url for mount in mounts}
        self.directories = [tier.root.path for tier in tiers.own]
        self._tiers = tiers
        self._capacity = Capacity(tiers)
        self._admissions = Admissions(self._capacity)
        self._frees = Frees(tiers)
        self._uploads = Uploads()
        self._walks = Walks(mounts, tiers)
        self._silent_mounts = SilentMounts()

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> "LocalEngine":
        """Build it from `Settings.engine_settings()`. Raise ValueError with the name of the wrong mount or tier."""
        return cls(open_mounts(settings["mounts"], settings.get("copy_mode")), open_tiers(settings["tiers"]))

    def covers(self, path: str) -> bool:
        """Return True if a mount is at, above or below `path`."""
        return self._mounts.covers(path)

    def store_of(self, path: str) -> str:
        """Return the mount of `path`."""
        return f"mount {self._mounts.find(path).path}"

    def stat(self, path: str, *, limit: int | None = None) -> Entry:
        """Return `path` in its present state, a directory with its sums."""
        item = self._file(path)
        if item is not None:
            return file_entry(item)
        if silent := self._silent(path):
            raise no_answer(silent)
        sums, left = ItemSums(), LeftOutPaths()
        stream = join(self._mounts, self._tiers, path, sinks=left.sinks, pace=TASK)
        stream.count(sums, "", sys.maxsize if limit is None else limit + 1)
        if limit is not None and sums.files > limit:
            raise too_many_files(path, limit)
        if not sums.files:
            empty_walk.require_there(self._mounts, self._tiers, path)
        left.drop_followed(self._tiers.has)
        return replace(sums.entry(path), left_out=len(left.paths))

    def cached(self, path: str, *, limit: int | None = None) -> Entry:
        """Return what the tiers hold at `path`; see `held`."""
        self._mounts.find(path)
        return held(self._tiers, path, limit)

    def list(self, path: str, *, depth: int | None, size: int, after: str | None = None) -> Page:
        """Return a page of what is below `path`; in `after`, a directory ends in a slash."""
        item = self._file(path)
        if item is not None:
            return Page([file_entry(item)], None)
        left, silent = LeftOutPaths(), self._silent(path)
        pace = TASK._replace(until=time.monotonic() + PAGE_SECONDS)
        page = make_page(
            lambda place: join(self._mounts, self._tiers, path, place, left.sinks, pace, silent=silent),
            path,
            depth=depth,
            size=size,
            after=after or "",
        )
        if not page.entries and not after:
            empty_walk.require_there(self._mounts, self._tiers, path)
        level = None if depth is None else depth_below(path, "/") + depth
        separator = self._mounts.find(path).bucket.separator
        left.drop_followed(self._tiers.has)
        left_out = left.of_page(after or "", page.after, level, separator)
        return replace(page, left_out=left_out, unanswered=silent, entries=without_sums(page.entries, silent))

    def walk(
        self, path: str, *, depth: int | None, side: Side, follow: bool = False, left_out: LeaveOut = ignore
    ) -> Iterator[Entry]:
        """Yield the files at or below `path` that `side` holds."""
        item = self._file(path)
        if item is not None and not (side is Side.BUCKET and item.source is None and self._hides_folder(path)):
            if (side is Side.BUCKET and item.source is not None) or (
                side is not Side.BUCKET and item.copy is not None and self._walks.is_fit(item, left_out)
            ):
                yield file_entry(item)
            elif side is not Side.BUCKET and item.copy is None:
                empty_walk.look_in_tiers(self._tiers, path, lambda at, error: left_out(LeftOut.of(at, error)))
            return
        empty = True

        def leave_out(path: str, error: EngineError) -> None:
            nonlocal empty
            empty = False
            left_out(LeftOut.of(path, error))

        if side is Side.BUCKET:
            found = self._walks.in_bucket(path, depth, leave_out, follow=follow)
        else:
            cached = self._walks.in_cache(path, depth, leave_out, settle=side is Side.CACHE)
            found = (each for each in cached if self._walks.is_fit(each, left_out))
        for each in found:
            empty = False
            yield file_entry(each)
        if empty:
            empty_walk.explain(self._mounts, self._tiers, path, side, leave_out)

    def preload(self, entries: Iterable[Entry], params: Params, run: Run) -> Iterator[Moved]:
        """Download what is not in the cache; see `Download`."""
        entries = iter(entries)
        first = next(entries, None)  # waits until the files are admitted
        if first is None:
            return
        with self._admissions.promises(params) as promises, self._tiers.holding():
            download = Download(self._mounts, self._tiers, self._capacity, promises, params, run)
            try:
                yield from BulkDownload(self._mounts, download, run.threads, run).run(chain([first], entries))
            finally:
                download.finish()

    def holds(self, entry: Entry, tier: str | None) -> bool:
        """Return True if a file is cached on the tier of the job. Otherwise a preload moves it there."""
        return entry.in_cache and (entry.tiers.keys() <= {tier} if tier else self._admissions.accepts(entry.tiers))

    def admit(self, params: Params) -> Admission:
        """Return the room for a preload, which its transfer takes too: see `Promises`."""
        return self._admissions.admit(params)

    def save(self, entries: Iterable[Entry], params: Params, run: Run) -> Iterator[Moved]:
        """Upload what is not in the bucket; see `Upload`."""
        upload = Upload(self._mounts, self._tiers, self._capacity, self._uploads, params, run)
        try:
            yield from in_threads(
                entries, retried(upload.run, run, StoreGate(self._mounts.answers, run)), run.threads, run
            )
        finally:
            upload.finish()

    def recheck(
        self, entries: Iterable[Entry], params: Params, run: Run, *, original: bool = False, unchecked: Unchecked = fail
    ) -> Iterator[Entry]:
        """Yield each entry as it stands now; see `Recheck`."""
        with self._tiers.holding():
            check = Recheck(
                self._mounts,
                self._tiers,
                self._capacity,
                self._uploads,
                params,
                run,
                unchecked,
                original=original,
            )
            yield from check.run(entries)

    def settle(self, run: Run, path: str = "/") -> None:
        """Wait for the frees at, above and below `path` that are under way."""
        self._frees.wait(path, run)

    def freeing(self, path: str) -> AbstractContextManager[None]:
        """Let preloads at, above and below `path` wait for the end of the block."""
        return self._frees.under_way(path)

    def drop(self, path: str) -> Iterator[Entry]:
        """Remove the copies of what is cached at or below `path`, on every tier, file by file."""
        item = self._file(path)
        for each in join(self._mounts, self._tiers, path, cached_only=True) if item is None else [item]:
            if each.copy is None or not self._walks.is_fit(each, ignore):  # such a file can't be saved, so it stays
                continue
            if not self._drop(each):
                raise Unsaved(f"{each.path} was written while it was freed")
            yield file_entry(each)

    def capacity(self) -> Sequence[Tier]:
        """Return the tiers with their used and free bytes, from their books."""
        return [self._capacity.figures(tier) for tier in self._tiers]

    def measure(self) -> None:
        """Measure the used bytes of each tier whose last measurement is old."""
        for tier in self._tiers:
            with tier_errors(f"tier {tier.alias}"):
                self._capacity.measure(tier)

    def aliases(self) -> frozenset[str]:
        """Return the aliases of the tiers, without measuring them."""
        return self._tiers.aliases

    def expect(self, ids: Mapping[str, str]) -> None:
        """Refuse tiers whose disk has another id than `ids` has for their alias, and to work without one of `ids`."""
        self._tiers.expect(ids)

    def close(self) -> None:
        """Close the books of the tiers."""
        self._capacity.close()

    def members(self) -> Sequence[Member]:
        """Return the tiers, each of them vital, and the mounts."""
        tiers = [Member(f"tier {tier.alias}", partial(check_tier, tier), vital=True) for tier in self._tiers.own]
        shared = Member("tiers of all nodes", self._tiers.require_all, vital=True)
        return [shared, *tiers, *(Member(f"mount {mount.path}", mount.bucket.ping) for mount in self._mounts)]

    def sweep(self, live: Callable[[], Collection[str]]) -> None:
        """Remove what every attempt that is not in `live()` left: temporary files, and uploads that never ended."""
        for root in self._tiers.roots():
            pending = end_uploads(root, live, self._mounts.end_upload)
            sweep(root, lambda pending=pending: {*live(), *pending})  # type: ignore[misc]
        for root in self._mounts.roots():
            sweep(root, live)

    def _drop(self, item: Item) -> bool:
        """Judge every copy of a file as it is now, then remove them. Return False if one has to stay."""
        mount = self._mounts.find(item.path)
        copies = self._tiers.copies(item.path)
        if copies and judged_now(mount, item.path, item.source, copies)[1].is_dirty:
            dropped = []
        else:
            dropped = self._capacity.drop(item.path, copies)
        return len(dropped) == len(copies) or not self._tiers.copies(item.path)

    def _file(self, path: str) -> Item | None:
        """Return the file at `path`, or None if it is not a file. Raise PathNotFound if no mount covers it."""
        mount = self._mounts.find(path)
        if not mount.real or not mount.key(path):
            return None
        item = look_up(self._mounts, self._tiers, path)
        if item.source is not None and not item.source.size and mount.bucket.has_directory(mount.key(path)):
            return None  # some programs mark a folder by an empty object of its name
        return item if item.source is not None or item.copy is not None else None

    def _silent(self, path: str) -> Sequence[str]:
        """Return the mounts below `path` that do not answer."""
        below = [mount for mount in self._mounts if mount.path != path and is_under(mount.path, path)]
        return self._silent_mounts.among(below) if below else ()

    def _hides_folder(self, path: str) -> bool:
        """Return True if a cached file has the name of a folder of the bucket."""
        mount = self._mounts.find(path)
        return mount.bucket.has_directory(mount.key(path))
