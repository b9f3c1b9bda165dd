"""Asks for the present state of files: reads the disk of the cached copy, asks the bucket only if they differ.

Used in the job process, after the last byte of a job.
"""

import logging
from collections.abc import Callable, Iterable, Iterator

from avio.engines.base import Entry
from avio.engines.left_out import Unchecked
from avio.engines.local.buckets.base import OtherVersion, Source
from avio.engines.local.buckets.versions import not_the_object
from avio.engines.local.capacity import Capacity
from avio.engines.local.entries import file_entry
from avio.engines.local.errors import tier_errors
from avio.engines.local.freshness import Freshness
from avio.engines.local.merge import Item
from avio.engines.local.mounts import Mounts
from avio.engines.local.recognition import Uploads, confirm, judged_now
from avio.engines.local.stamps import disown
from avio.engines.local.tiers import Copy, Tiers, best_of
from avio.engines.local.workers import in_threads
from avio.engines.run import Run
from avio.engines.unchecked import checked, concerns_all
from avio.errors import EngineError, Gone
from avio.wire.params import Params

BATCH_FILES = 16  # files per thread for which the bucket is asked at a time

log = logging.getLogger(__name__)


def look_up(
    mounts: Mounts,
    tiers: Tiers,
    path: str,
    token: str | None = None,
    uploads: Uploads | None = None,
    run: Run | None = None,
) -> Item:
    """Return the present state of file `path`, with the source of `token`, or with the bucket's if `token` is None.

    Against the bucket's source, what this process has uploaded counts as cached, and so does what an etag proves.
    """
    mount = mounts.find(path)
    key = mount.key(path)
    source = Source.of_token(key, token) if token else mount.bucket.head(key)
    copies = tiers.copies(path)
    if not copies:
        return Item(path, source)
    source = source or mount.bucket.target(key)
    if token:
        return Item(path, source, *best_of(path, mount.object_name(path), source, copies))
    if uploads is not None and source is not None and len(copies) == 1 and uploads.has(path, copies[0], source):
        return Item(path, source, copies[0], Freshness.CACHED)
    copy, freshness = judged_now(mount, path, source, copies, run)
    if run is not None and freshness in (Freshness.CACHED, Freshness.GONE):
        confirm(mount, path, copy)
    return Item(path, source, copy, freshness)


class Recheck:
    """The checks of one attempt."""

    def __init__(
        self,
        mounts: Mounts,
        tiers: Tiers,
        capacity: Capacity,
        uploads: Uploads,
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
        self._params = params
        self._run = run
        self._unchecked = unchecked
        self._original = original

    def run(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield each entry in its present state, in any order."""
        if self._params.verify == "checksum":
            yield from self._in_threads(entries, self._read_back)
            return
        differing: list[Entry] = []
        for entry in entries:
            if self._run.stopping():
                return
            item = self._at_once(entry)
            if item is not None and item.freshness is Freshness.CACHED:
                yield file_entry(item)
                continue
            differing.append(entry)
            if len(differing) == BATCH_FILES * self._run.threads:
                yield from self._in_threads(differing, self._look_up_both)
                differing = []
        if differing:
            yield from self._in_threads(differing, self._look_up_both)

    def _in_threads(self, entries: Iterable[Entry], work: Callable[[Entry], Entry]) -> Iterator[Entry]:
        def check(entry: Entry) -> Entry:
            return checked(work, entry, self._run, self._unchecked)

        return in_threads(entries, check, self._run.threads, self._run)

    def _at_once(self, entry: Entry) -> Item | None:
        """Look at the disk alone. None if that is not enough, or fails for this file."""
        if not entry.token:
            return None
        try:
            return self._look_up(entry.path, entry.token)
        except EngineError as error:
            if concerns_all(error):
                raise
            return None

    def _look_up(self, path: str, token: str | None = None) -> Item:
        return look_up(self._mounts, self._tiers, path, token, self._uploads, self._run)

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
            disown(fd, self._mounts.find(item.path).object_name(item.path))
        return item._replace(freshness=Freshness.CONFLICT)
