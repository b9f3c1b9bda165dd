"""Downloads one file from its bucket into a tier: complete under its final name, or not at all.

Used in the job process, by several threads at once.
"""

import errno
import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from avio.engines.base import Entry, Moved
from avio.engines.cancel import check_cancelled
from avio.engines.durations import MEASURE_SECONDS, sync_seconds
from avio.engines.local.buckets.base import OtherVersion, Source
from avio.engines.local.buckets.versions import not_the_object, same_second, same_version
from avio.engines.local.capacity import Capacity
from avio.engines.local.errors import not_writable, tier_errors
from avio.engines.local.freshness import Freshness
from avio.engines.local.mounts import Mount, Mounts
from avio.engines.local.obstacles import CURE, find_obstacle
from avio.engines.local.promises import Promises
from avio.engines.local.recognition import judged_now
from avio.engines.local.scratch import Scratch
from avio.engines.local.stamps import OWN_NS, renew_stamp, stamp_new
from avio.engines.local.tier_disk import no_inodes
from avio.engines.local.tiers import Copy, TierDirectory, Tiers, is_writable
from avio.engines.run import Run
from avio.errors import CacheFull, Gone, SourceChanged, StoreError
from avio.faults import fault
from avio.wire.params import Params
from avio.wire.results import Outcome


class Wanted(NamedTuple):
    """A file to download: its source, and the present copies in the tiers.

    `listed` is the source's etag in a listing, if the store has another one there.
    """

    entry: Entry
    source: Source
    copies: list[Copy]
    mount: Mount
    listed: str | None = None


class Download:
    """The downloads of one attempt. Call `run` for each entry, and `finish` at the end."""

    def __init__(
        self, mounts: Mounts, tiers: Tiers, capacity: Capacity, promises: Promises, params: Params, run: Run
    ) -> None:
        self._mounts = mounts
        self._tiers = tiers
        self._capacity = capacity
        self._promises = promises
        self._params = params
        self._run = run
        self._scratch = {tier: Scratch(tier.root, run.name) for tier in tiers}

    def run(self, entry: Entry) -> Moved:
        """Bring `entry` into the cache, unless the cache has it already, or has a dirty file."""
        try:
            wanted = self.wanted(entry)
        except OtherVersion as sent:  # a copy was compared with its object, which has changed since the listing
            wanted = self.wanted(self._entry_now(entry, sent))
        if isinstance(wanted, Moved):
            return wanted
        try:
            return self._fetch(wanted, None)
        except OtherVersion as sent:
            now = self._now(wanted, sent)
        only_without_etag = now.source.etag is None and now.source.size == wanted.source.size
        stamped = wanted.source if only_without_etag and same_second(now.source, wanted.source) else None
        return self._fetch(now, stamped)

    def wanted(self, entry: Entry) -> "Wanted | Moved":
        """Return the file to download for `entry`, or the outcome if there is nothing to do."""
        path = entry.path
        mount = self._mounts.find(path)
        key = mount.key(path)
        source = Source.of_token(key, entry.token) if entry.token else mount.bucket.head(key)
        if source is None:
            raise Gone(f"{path} is not in the bucket")
        copies = self._tiers.copies(path)
        if copies:
            copy, freshness = judged_now(mount, path, source, copies, self._run)
            alias = copy.tier.alias
            placed = self._params.tier in (None, alias) and self._promises.accepts([alias])
            if freshness.is_dirty:
                return Moved(entry, Outcome.KEPT, copy.size, copy.tier.alias)
            if freshness is Freshness.CACHED and placed:
                return Moved(entry, Outcome.SKIPPED, copy.size, copy.tier.alias)
        return Wanted(entry, source, copies, mount)

    def bring(self, wanted: "Wanted", fill: Callable[[int], Source]) -> Moved:
        """Put the file that `fill` writes into its tier. `fill` returns the version that it wrote."""
        try:
            return self._place(wanted, fill)
        except CacheFull as error:
            if self._params.if_full == "fail":
                raise
            return Moved(wanted.entry, Outcome.FAILED, error=error)

    def finish(self) -> None:
        """Remove every temporary file of this attempt, and bring the books up to date."""
        for tier, scratch in self._scratch.items():
            scratch.remove()
            self._capacity.visit(tier)

    def _fetch(self, wanted: Wanted, stamped: Source | None) -> Moved:
        """Fetch the version of `wanted`. Its stamp says `stamped` instead, if that is given."""

        def fill(target: int) -> Source:
            fetched = wanted.mount.bucket.fetch(wanted.source, target, self._run)
            return stamped or fetched

        return self.bring(wanted, fill)

    def _entry_now(self, entry: Entry, sent: OtherVersion) -> Entry:
        """Return `entry` in its present version."""
        if not entry.token:
            raise sent
        mount = self._mounts.find(entry.path)
        now = _present(mount, entry, Source.of_token(mount.key(entry.path), entry.token), sent)
        return replace(entry, size=now.size, token=now.token)

    def _now(self, wanted: Wanted, sent: OtherVersion) -> Wanted:
        """Return `wanted` in its present version."""
        source, bucket = wanted.source, wanted.mount.bucket
        now = _present(wanted.mount, wanted.entry, source, sent)
        entry = replace(wanted.entry, size=now.size, token=now.token)
        alike = now.etag is not None and now.size == source.size and same_second(now, source)
        # A store that lists another etag than it sends would be a changed one for ever.
        listed = source.etag if alike and bucket.listed(source.key) == source else None
        return wanted._replace(entry=entry, source=now, listed=listed)

    def _place(self, wanted: "Wanted", fill: Callable[[int], Source]) -> Moved:
        entry, source, copies, *_ = wanted
        path, capacity = entry.path, self._capacity
        reserved = self._promises.reserve_promised(source.size)
        if reserved is None:
            with self._run.silent(MEASURE_SECONDS):
                reserved = self._promises.reserve(source.size)
        with reserved as tier, tier_errors(f"tier {tier.alias}: {path}"):
            before = next((copy for copy in copies if copy.tier is tier), None)
            try:
                fetched = self._into(tier, wanted, before, fill)
            except OSError as error:
                raise _explained(error, tier, path) from None
        capacity.adjust(tier, fetched.size - source.size - (before.size if before else 0))
        capacity.drop(path, [copy for copy in copies if copy.tier is not tier])
        return Moved(entry, Outcome.DONE, fetched.size, tier.alias)

    def _into(
        self, tier: TierDirectory, wanted: "Wanted", before: Copy | None, fill: Callable[[int], Source]
    ) -> Source:
        path, name, listed = wanted.entry.path, wanted.mount.object_name(wanted.entry.path), wanted.listed
        mode = wanted.mount.bucket.copy_mode(wanted.source)
        with self._scratch[tier].file(mode=mode) as temporary:
            fault("download.temporary")
            fetched = fill(temporary.fd)
            fault("download.fetched")
            with self._run.silent(sync_seconds(fetched.size)):
                temporary.sync()
            check_cancelled(self._run)
            # The file gets its name right after its stamp: a change later than that is another program's.
            begin = time.monotonic_ns()
            os.utime(temporary.fd, ns=(fetched.mtime_ns, fetched.mtime_ns))
            stamp_new(temporary.fd, name, fetched.size, fetched.mtime_ns, fetched.etag, listed)
            fault("download.publish")
            if not temporary.publish(path[1:], _is_still(before), durable=False):
                raise SourceChanged(f"{path} changed in the cache while it was fetched")
            if time.monotonic_ns() - begin > OWN_NS // 2:
                renew_stamp(temporary.fd, name)
        fault("download.published")
        return fetched


def _present(mount: Mount, entry: Entry, listed: Source, sent: OtherVersion) -> Source:
    """Return the present version of `listed`. Raise Corrupt if what was sent is no version of the object."""
    now = mount.bucket.head(listed.key)
    if now is None:
        raise Gone(f"{entry.path} is not in the bucket any longer")
    if now == listed or (now.etag is not None and same_version(now, listed)):
        raise not_the_object(sent)
    return now


def _explained(error: OSError, tier: TierDirectory, path: str) -> Exception:
    """Return what `error` says about the tier, or `error` itself."""
    if isinstance(error, FileNotFoundError):
        return SourceChanged(f"{path}: its directory in tier {tier.alias} vanished")
    if isinstance(error, NotADirectoryError):
        found = find_obstacle(tier.root, path[1:])
        why = f"/{found.name} is {found.kind} there" if found else "one of its directories is none there"
        return StoreError(f"{path} can't be in tier {tier.alias}: {why}", cure=CURE)
    if isinstance(error, PermissionError) and is_writable(tier):
        return not_writable(tier.alias, path, error)
    return (no_inodes([tier]) if error.errno == errno.ENOSPC else None) or error


def _is_still(before: Copy | None) -> Callable[[os.stat_result | None], bool]:
    """Return a check that the copy to replace is unchanged, or still absent."""
    expected = before[1:] if before else None
    return lambda there: (_identity(there) if there else None) == expected


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
