"""Asks for the present state of files: reads the disk of the cached copy, asks the bucket only if they differ.

Used in the job process, after the last byte of a job.
"""

import logging
from collections.abc import Callable, Iterable, Iterator

from avio.engines.base import Entry, present
from avio.engines.left_out import Unchecked
from avio.engines.local.buckets.base import OtherVersion, Source
from avio.engines.local.buckets.versions import not_the_object
from avio.engines.local.capacity import Capacity
from avio.engines.local.entries import file_entry
from avio.engines.local.errors import tier_errors
from avio.engines.local.freshness import Freshness
from avio.engines.local.merge import Item
from avio.engines.local.mounts import Mount, Mounts
from avio.engines.local.recognition import Uploads, confirm, judged_now, settled
from avio.engines.local.stamps import disown
from avio.engines.local.tiers import Copy, Tiers, best_of
from avio.engines.local.transfer.listed_again import LISTED_FILES, list_again, source_of_saved
from avio.engines.local.transfer.placed import Placed
from avio.engines.local.transfer.saved_copies import SavedCopies
from avio.engines.local.workers import in_threads
from avio.engines.run import Run
from avio.engines.unchecked import checked, concerns_all
from avio.errors import EngineError, Gone
from avio.wire.params import CHECKSUM, Params

BATCH_FILES = 16  # files per thread for which the bucket is asked at a time

log = logging.getLogger(__name__)


def look_up(
    mounts: Mounts,
    tiers: Tiers,
    path: str,
    token: str | None = None,
    uploads: Uploads | None = None,
    placed: Placed | None = None,
    run: Run | None = None,
    *,
    was_changed: bool = False,
) -> Item:
    """Return the present state of file `path`, with the source of `token`, or with the bucket's if `token` is None.

    Against the bucket's source, what this process has uploaded counts as cached, and so does what an etag proves.
    Of a copy that `was_changed` after its upload only the bytes count.
    """
    mount = mounts.find(path)
    key = mount.key(path)
    source = Source.of_token(key, token) if token else mount.bucket.head(key)
    copies = tiers.copies(path)
    if not copies:
        return Item(path, source)
    source = source or mount.bucket.target(key)
    if token and source is not None and placed is not None and placed.has(path, token, copies):
        return Item(path, source, copies[0], Freshness.CACHED)
    if token:
        copy, freshness = best_of(path, mount.object_name(path), source, copies, strict=True)
        return Item(path, source, copy, _by_bytes(mount, path, source, copy, freshness, placed, run))
    is_upload = uploads is not None and source is not None and uploads.has(path, copies[0], source)
    if is_upload and len(copies) == 1 and not was_changed:
        return Item(path, source, copies[0], Freshness.CACHED)
    copy, freshness = judged_now(mount, path, source, copies, run)
    if was_changed and freshness is Freshness.CACHED:
        freshness = settled(mount, path, source, copy, Freshness.TOUCHED, run)
    if run is not None and freshness in (Freshness.CACHED, Freshness.GONE):
        confirm(mount, path, copy, source)
    return Item(path, source, copy, _by_bytes(mount, path, source, copy, freshness, placed, run))


def _by_bytes(
    mount: Mount,
    path: str,
    source: Source | None,
    copy: Copy,
    freshness: Freshness,
    placed: Placed | None,
    run: Run | None,
) -> Freshness:
    """Return `freshness`, or what the bytes say of a copy that was changed after this process had put it in place.

    Its stamp may say nothing of that: it allows for some time.
    """
    if freshness is Freshness.CACHED and placed is not None and placed.changed(path, copy):
        return settled(mount, path, source, copy, Freshness.TOUCHED, run)
    return freshness


class Recheck:
    """The checks of one attempt."""

    def __init__(
        self,
        mounts: Mounts,
        tiers: Tiers,
        capacity: Capacity,
        uploads: Uploads,
        placed: Placed,
        saved: SavedCopies,
        params: Params,
        run: Run,
        unchecked: Unchecked,
        *,
        original: bool,
    ) -> None:
        self._mounts = mounts
        self._tiers = tiers
        self._capacity = capacity
        self._uploads = uploads
        self._placed = placed
        self._saved = saved
        self._params = params
        self._run = run
        self._unchecked = unchecked
        self._original = original

    def run(self, entries: Iterable[Entry | None]) -> Iterator[Entry]:
        """Yield each entry in its present state, in any order. None in `entries`: no further entry is there now."""
        if self._params.verify == CHECKSUM:
            yield from self._in_threads(present(entries), self._read_back)
            return
        differing: list[Entry] = []
        for entry in entries:
            if self._run.stopping():
                return
            item = self._at_once(entry) if entry is not None else None
            if item is not None and item.freshness is Freshness.CACHED:
                yield file_entry(item)
                continue
            if entry is not None:
                differing.append(entry)
            many = LISTED_FILES if self._original else BATCH_FILES * self._run.threads
            if len(differing) == many or (entry is None and differing):
                yield from self._look_again(differing)
                differing = []
        if differing:
            yield from self._look_again(differing)

    def _look_again(self, entries: list[Entry]) -> Iterator[Entry]:
        """Yield `entries` as both sides have them. After a save one listing shows most of the objects."""
        listed = dict(list_again(self._mounts, (entry.path for entry in entries))) if self._original else {}
        left = []
        for entry in entries:
            if self._run.stopping():
                return
            source = listed.get(entry.path)
            saved = self._as_saved(entry.path, source) if source is not None else None
            if saved is not None:
                yield file_entry(saved)
            else:
                left.append(entry)
        yield from self._in_threads(left, self._look_up_both)

    def _as_saved(self, path: str, source: Source) -> Item | None:
        """Return the item of a file that is the object `source`. None says nothing of it."""
        copy = self._saved.find(path, source)
        return None if copy is None else Item(path, source, copy, Freshness.CACHED)

    def _in_threads(self, entries: Iterable[Entry], work: Callable[[Entry], Entry]) -> Iterator[Entry]:
        def check(entry: Entry) -> Entry:
            return checked(work, entry, self._run, self._unchecked)

        return in_threads(entries, check, self._run)

    def _at_once(self, entry: Entry) -> Item | None:
        """Look at the disk alone. None if that is not enough, or fails for this file."""
        if self._original:
            source = source_of_saved(self._mounts, entry)
            return None if source is None else self._as_saved(entry.path, source)
        if not entry.token:
            return None
        try:
            return self._look_up(entry.path, entry.token)
        except EngineError as error:
            if concerns_all(error):
                raise
            return None

    def _look_up(self, path: str, token: str | None = None) -> Item:
        was_changed = self._saved.was_changed(path)
        return look_up(
            self._mounts, self._tiers, path, token, self._uploads, self._placed, self._run, was_changed=was_changed
        )

    def _look_up_both(self, entry: Entry) -> Entry:
        """Return `entry` as both sides have it."""
        return file_entry(self._look_up(entry.path))

    def _read_back(self, entry: Entry) -> Entry:
        """Compare the cached bytes too. Drop a copy that looks clean but differs from the bucket."""
        item = self._look_up(entry.path)
        if item.copy is None or item.source is None or item.freshness is not Freshness.CACHED:
            return file_entry(item)
        mount = self._mounts.find(entry.path)
        tier = item.copy.tier
        try:
            with tier_errors(f"tier {tier.alias}: {entry.path}"), tier.opened(entry.path) as fd:
                same = mount.bucket.same(item.source, fd, self._run)
        except Gone:
            return self._look_up_both(entry)
        except OtherVersion as sent:
            now = self._look_up(entry.path)
            if now.source == item.source:
                raise not_the_object(sent) from None
            return file_entry(now)
        return file_entry(item if same else self._damaged(item, item.copy))

    def _damaged(self, item: Item, copy: Copy) -> Item:
        """Drop a copy that differs from its object. A saved file is the original: it stays, as one in conflict."""
        extra = {"path": item.path, "tier": copy.tier.alias}
        if not self._original:
            log.warning("dropped a damaged cached file", extra=extra)
            self._capacity.drop(item.path, [copy])
            return Item(item.path, item.source)
        log.warning("the object differs from the saved file, which stays in the cache", extra=extra)
        with tier_errors(f"tier {copy.tier.alias}: {item.path}"), copy.tier.opened(item.path) as fd:
            if not copy.tier.takes_marks(item.path):
                return item._replace(freshness=Freshness.CONFLICT)
            disown(fd, self._mounts.find(item.path).object_name(item.path))
        return item._replace(freshness=Freshness.CONFLICT)
