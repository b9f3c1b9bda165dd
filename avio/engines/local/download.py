"""Brings one file from its bucket into a tier: complete under its final name, or not at all.

Used in the job process, by several threads at once.
"""

import os
from collections.abc import Callable
from typing import NamedTuple

from avio.engines.base import Entry, Moved, MoveOptions, Run
from avio.engines.local.buckets.base import Bucket, Source
from avio.engines.local.errors import tier_errors
from avio.engines.local.freshness import Freshness
from avio.engines.local.mounts import Mounts
from avio.engines.local.room import Room
from avio.engines.local.scratch import Scratch
from avio.engines.local.stamps import Stamp, write_stamp
from avio.engines.local.stopping import go_on
from avio.engines.local.tiers import Copy, TierDirectory, Tiers, best_of
from avio.errors import CacheFull, Gone, SourceChanged
from avio.faults import fault
from avio.wire.results import Outcome


class Wanted(NamedTuple):
    """A file to be brought: its source, and the copies of it that the tiers had when they were looked at."""

    entry: Entry
    source: Source
    copies: list[Copy]
    bucket: Bucket


class Download:
    """The downloads of one attempt. Call it with an entry; `finish` at the end drops what is left."""

    def __init__(self, mounts: Mounts, tiers: Tiers, room: Room, options: MoveOptions, run: Run) -> None:
        self._mounts = mounts
        self._tiers = tiers
        self._room = room
        self._options = options
        self._run = run
        self._scratch = {tier: Scratch(tier.root, run.name) for tier in tiers}

    def __call__(self, entry: Entry) -> Moved:
        """Bring `entry` into the cache unless it is there already, or dirty there."""
        wanted = self.wanted(entry)
        if isinstance(wanted, Moved):
            return wanted
        return self.bring(wanted, lambda target: wanted.bucket.fetch(wanted.source, target, self._run))

    def wanted(self, entry: Entry) -> "Wanted | Moved":
        """Return what there is to bring for `entry`, or that nothing is."""
        path = entry.path
        mount = self._mounts.find(path)
        key = mount.key(path)
        source = Source.of_token(key, entry.token) if entry.token else mount.bucket.head(key)
        if source is None:
            raise Gone(f"{path} is not in the bucket")
        copies = self._tiers.copies(path)
        if copies:
            copy, freshness = best_of(path, source, copies)
            placed = self._options.tier in (None, copy.tier.alias)
            if freshness.is_dirty or (freshness is Freshness.CACHED and placed):
                return Moved(entry, Outcome.SKIPPED, copy.size, copy.tier.alias)
        return Wanted(entry, source, copies, mount.bucket)

    def bring(self, wanted: "Wanted", fill: Callable[[int], Source]) -> Moved:
        """Put what `fill` writes to an open file into its tier; `fill` returns the source of which that was."""
        try:
            return self._place(wanted, fill)
        except CacheFull as error:
            if self._options.if_full == "fail":
                raise
            return Moved(wanted.entry, Outcome.FAILED, error=error)

    def finish(self) -> None:
        """Remove every temporary of this attempt."""
        for scratch in self._scratch.values():
            scratch.remove()

    def _place(self, wanted: "Wanted", fill: Callable[[int], Source]) -> Moved:
        entry, source, copies, _ = wanted
        path, room = entry.path, self._room
        with room.promise(source.size, self._options.tier) as tier, tier_errors(f"tier {tier.alias}: {path}"):
            before = next((copy for copy in copies if copy.tier is tier), None)
            try:
                fetched = self._into(tier, path, before, fill)
            except FileNotFoundError:
                raise SourceChanged(f"{path}: directories of tier {tier.alias} vanished under it") from None
        room.correct(tier, fetched.size - source.size - (before.size if before else 0))
        others = [copy for copy in copies if copy.tier is not tier]
        self._tiers.drop(path, others)
        for copy in others:
            room.correct(copy.tier, -copy.size)
        return Moved(entry, Outcome.DONE, fetched.size, tier.alias)

    def _into(self, tier: TierDirectory, path: str, before: Copy | None, fill: Callable[[int], Source]) -> Source:
        with self._scratch[tier].file() as temporary:
            fault("download.temporary")
            fetched = fill(temporary.fd)
            fault("download.fetched")
            os.utime(temporary.fd, ns=(fetched.mtime_ns, fetched.mtime_ns))
            local_mtime_ns = os.fstat(temporary.fd).st_mtime_ns
            write_stamp(temporary.fd, Stamp(fetched.size, fetched.mtime_ns, fetched.etag, local_mtime_ns))
            go_on(self._run)
            fault("download.publish")
            if not temporary.publish(path[1:], _is_still(before), durable=False):
                raise SourceChanged(f"{path} changed in the cache while it was fetched")
        fault("download.published")
        return fetched


def _is_still(before: Copy | None) -> Callable[[os.stat_result | None], bool]:
    """Return the check that the copy to be replaced is as it was, or still absent."""
    expected = (before.size, before.mtime_ns) if before else None
    return lambda there: ((there.st_size, there.st_mtime_ns) if there else None) == expected
