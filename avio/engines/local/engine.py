"""The local engine: buckets at mounts, cached as plain files in tiers. Run by web (tasks) and job processes (jobs)."""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from avio.engines.admission import Admission
from avio.engines.base import Compared, Engine, Entry, Moved, Page, Side
from avio.engines.comparison import by_source
from avio.engines.left_out import LeaveOut, Unchecked, fail, ignore
from avio.engines.local import empty_walk
from avio.engines.local.admissions import Admissions
from avio.engines.local.both_sides import BothSides
from avio.engines.local.bucket_objects import BucketObjects
from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.pace import TASK
from avio.engines.local.capacity import Capacity
from avio.engines.local.comparison import Comparison
from avio.engines.local.entries import NS_PER_SECOND, ItemSums, file_entry
from avio.engines.local.errors import tier_errors
from avio.engines.local.evictions import Evictions
from avio.engines.local.file_facts import LocalFacts
from avio.engines.local.frees import Frees
from avio.engines.local.joined_view import join
from avio.engines.local.left_paths import LeftOutPaths
from avio.engines.local.listings import Listings
from avio.engines.local.merge import Item
from avio.engines.local.mounts import Mounts, open_mounts
from avio.engines.local.recognition import Uploads, judged_now
from avio.engines.local.scratch import sweep
from avio.engines.local.survey import survey
from avio.engines.local.tier_view import held
from avio.engines.local.tiers import Tiers, check_tier, open_tiers
from avio.engines.local.transfer.mover_tasks import TASKS, Ground
from avio.engines.local.transfer.placed import Placed
from avio.engines.local.transfer.preloads import Preloads
from avio.engines.local.transfer.recheck import look_up
from avio.engines.local.transfer.rechecks import Rechecks
from avio.engines.local.transfer.saves import Saves
from avio.engines.local.transfer.sent import Sent
from avio.engines.local.transfer.shared_check import SharedCheck
from avio.engines.local.upload_journal import end_uploads
from avio.engines.local.walks import Walks
from avio.engines.members import Member
from avio.engines.movers.mover_run import MoverRun
from avio.engines.movers.outbox import Outbox
from avio.engines.movers.supply import Supply
from avio.engines.new_objects import NewObjects
from avio.engines.overwrite import spares
from avio.engines.refusals import no_answer, too_many_files
from avio.engines.run import Run
from avio.engines.tier import Tier
from avio.errors import PathNotFound, Unsaved
from avio.wire.options import Ability
from avio.wire.params import Params
from avio.wire.results import Outcome


class LocalEngine(Engine):
    """The engine over `mounts` and `tiers`."""

    abilities: ClassVar[frozenset[Ability]] = frozenset(Ability)
    shares_work: ClassVar[bool] = True
    resumes: ClassVar[bool] = True

    def __init__(self, mounts: Mounts, tiers: Tiers) -> None:
        self._mounts = mounts
        self.urls = {mount.path: mount.bucket.url for mount in mounts}
        self.directories = [tier.root.path for tier in tiers.own]
        self._tiers = tiers
        self._capacity = Capacity(tiers)
        self.eviction: Evictions = Evictions(mounts, tiers, self._capacity, lambda: self.kept)
        self._admissions = Admissions(self._capacity, self.eviction)
        self._frees = Frees(tiers)
        self._uploads, self._sent, self._placed = Uploads(), Sent(), Placed()
        self._preloads = Preloads(mounts, tiers, self._capacity, self._admissions, self._placed)
        self._saves = Saves(mounts, tiers, self._capacity, self._uploads, self._sent)
        self._rechecks = Rechecks(mounts, tiers, self._capacity, self._uploads, self._placed, self._saves)
        self._walks = Walks(mounts, tiers, self._file)
        self.facts = LocalFacts(mounts)
        self._both = BothSides(mounts, tiers, self._walks.is_fit)
        self._listings = Listings(mounts, tiers, self._file)
        self.surveys = {tier.alias: partial(survey, tier, mounts) for tier in tiers.own}

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
        if silent := self._listings.silent(path):
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

    def list(self, path: str, *, depth: int | None, size: int, after: str | None = None, sums: bool = False) -> Page:
        """Return a page of what is below `path`; in `after`, a directory ends in a slash."""
        return self._listings.page(path, depth=depth, size=size, after=after, sums=sums)

    def list_all(self, path: str, *, depth: int | None, left_out: LeaveOut) -> Iterator[Sequence[Entry]]:
        """Return all that is below `path`; see `ListingStream`."""
        return self._listings.stream(path, depth=depth, left_out=left_out)

    def walk(
        self, path: str, *, depth: int | None, side: Side, follow: bool = False, left_out: LeaveOut = ignore
    ) -> Iterator[Entry]:
        """Yield the files at or below `path` that `side` holds."""
        if side is Side.BOTH:
            return map(file_entry, self._both.walk(path, depth, left_out))
        return map(file_entry, self._walks.walk(path, depth, side, left_out, follow=follow))

    def walk_on(
        self, path: str, after: str, *, depth: int | None, follow: bool = False, left_out: LeaveOut = ignore
    ) -> Iterator[Entry]:
        """List the bucket after the key of `after`."""
        return map(file_entry, self._walks.walk_on(path, after, depth, left_out, follow=follow))

    def look_again(self, listed: Iterable[tuple[str, str]]) -> Iterator[Entry]:
        """Look for the copies of each file in the tiers. The token has all that a listing says of its object."""
        return map(file_entry, self._walks.look_again(listed))

    def read_object(self, path: str, target: int, run: Run) -> None:
        """Fetch it from the bucket of its mount."""
        item = self._file(path)
        if item is None or item.source is None:
            raise PathNotFound(f"{path} is not a file of the bucket")
        self._mounts.find(path).bucket.fetch(item.source, target, run)

    def new_objects(self) -> NewObjects:
        """Return what makes objects in the buckets of the mounts."""
        return BucketObjects(self._mounts, self._tiers)

    def preload(self, entries: Iterable[Entry | None], params: Params, run: Run) -> Iterator[Moved]:
        """Download what is not in the cache; see `Download`."""
        with closing(self._preloads.run(entries, params, run, self.pool, self.waits_for)) as runs:
            for moved in runs:
                yield from moved

    def preload_runs(self, entries: Iterable[Entry | None], params: Params, run: Run) -> Iterator[Sequence[Moved]]:
        """Yield what ends together at once."""
        return self._preloads.run(entries, params, run, self.pool, self.waits_for)

    def serve(self, task: str, supply: Supply, outbox: Outbox, params: Params, run: MoverRun) -> None:
        """Do `task` in a mover; see `mover_tasks`."""
        ground = Ground(self._mounts, self._tiers, self._capacity, self._placed, self._saves, self._uploads)
        TASKS[task](ground, supply, outbox, params, run)

    def holds(self, entry: Entry, tier: str | None) -> bool:
        """Return True if a file is cached on the tier of the job. Otherwise a preload moves it there."""
        return entry.in_cache and (entry.tiers.keys() <= {tier} if tier else self._admissions.accepts(entry.tiers))

    def admit(self, params: Params) -> Admission:
        """Return the room for a preload, which its transfer takes too: see `Promises`."""
        return self._admissions.admit(params)

    def save(self, entries: Iterable[Entry | None], params: Params, run: Run) -> Iterator[Moved]:
        """Upload what is not in the bucket; see `Upload`."""
        with closing(self._saves.run(entries, params, run, self.pool)) as runs:
            for moved in runs:
                yield from moved

    def save_runs(self, entries: Iterable[Entry | None], params: Params, run: Run) -> Iterator[Sequence[Moved]]:
        """Yield what ends together at once."""
        return self._saves.run(entries, params, run, self.pool)

    def spares(self, entry: Entry, params: Params) -> bool:
        """Go by the times of both. The token has that of the object."""
        source = Source.of_token("", entry.token) if entry.token else None
        return spares(entry, params, source.mtime_ns / NS_PER_SECOND if source is not None else None)

    def remarks(self) -> Sequence[str]:
        """Return what the stores of the mounts can't do, as far as saves have met it."""
        return self._saves.remarks()

    def recheck(
        self, entries: Iterable[Entry], params: Params, run: Run, *, original: bool = False, unchecked: Unchecked = fail
    ) -> Iterator[Entry]:
        """Yield each entry as it stands now; see `Rechecks`."""
        for found in self.recheck_runs(entries, params, run, original=original, unchecked=unchecked):
            yield from found

    def recheck_runs(
        self, entries: Iterable[Entry], params: Params, run: Run, *, original: bool = False, unchecked: Unchecked = fail
    ) -> Iterator[Sequence[Entry]]:
        """Yield what movers have found together at once."""
        return self._rechecks.run(entries, params, run, unchecked, self.pool, original=original)

    def standing(self, entry: Entry, params: Params) -> Outcome | None:
        """Go by the state, unless the copy has to be read; the token has the object."""
        return by_source(entry, params.verify)

    def compare(self, entries: Iterable[Entry], params: Params, run: Run) -> Iterator[Compared]:
        """Look at each copy, or let movers do so; see `Comparison`."""
        if self.pool is not None:
            yield from SharedCheck(params, run, self.pool).run(entries)
            return
        with self._tiers.holding():
            yield from Comparison(self._mounts, self._tiers, params, run).run(entries)

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
        """Close the books of the tiers, and the connections."""
        self._capacity.close()
        self._saves.close()

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

    def _file(self, path: str, tiers: Tiers | None = None) -> Item | None:
        """Return the file at `path`, or None if it is not a file. Raise PathNotFound if no mount covers it."""
        mount = self._mounts.find(path)
        if not mount.real or not mount.key(path):
            return None
        item = look_up(self._mounts, tiers or self._tiers, path)
        if item.source is not None and not item.source.size and mount.bucket.has_directory(mount.key(path)):
            return None  # some programs mark a folder by an empty object of its name
        return item if item.source is not None or item.copy is not None else None
