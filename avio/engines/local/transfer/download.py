"""Downloads one file from its bucket into a tier: complete under its final name, or not at all.

Used in the job process, by several threads at once.
"""

import errno
import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from avio.engines.base import Entry, EntryState, Moved
from avio.engines.cancel import Stopped, check_cancelled
from avio.engines.content import Content
from avio.engines.local.buckets.base import Fetched, OtherVersion, Source
from avio.engines.local.buckets.versions import not_the_object, same_second, same_version
from avio.engines.local.capacity import Capacity
from avio.engines.local.errors import not_writable, tier_errors
from avio.engines.local.freshness import Freshness
from avio.engines.local.mounts import Mount, Mounts
from avio.engines.local.obstacles import CURE, find_obstacle
from avio.engines.local.recognition import judged_now
from avio.engines.local.scratch import Scratch, Temporary
from avio.engines.local.stamps import OWN_NS, renew_stamp, stamp_new
from avio.engines.local.tier_disk import no_inodes
from avio.engines.local.tiers import Copy, TierDirectory, Tiers, is_writable
from avio.engines.local.transfer.file_room import FileRoom
from avio.engines.local.transfer.mover_spread import MoverSpread
from avio.engines.local.transfer.placed import Placed
from avio.engines.local.transfer.placing import Placing, Steps, Written, synced
from avio.engines.local.transfer.wanted import Wanted
from avio.engines.run import Run
from avio.engines.tally import Tally, counted
from avio.engines.versions import VersionChanged
from avio.errors import CacheFull, Damaged, EngineError, Gone, SourceChanged, StoreError
from avio.faults import fault
from avio.terminal.cells import printable
from avio.wire.params import Params
from avio.wire.results import Outcome

SIZE_ONLY = "size"  # the value of `verify` that asks for no proof of the bytes

log = logging.getLogger(__name__)

Fill = Callable[[TierDirectory, Temporary], Fetched]  # writes a file, and returns the version that it wrote


class Download:
    """The downloads of one attempt. Call `run` for each entry, and `finish` at the end."""

    def __init__(
        self,
        mounts: Mounts,
        tiers: Tiers,
        capacity: Capacity,
        room: FileRoom,
        placed: Placed,
        params: Params,
        run: Run,
        spread: MoverSpread | None = None,
    ) -> None:
        self._spread = spread
        self._mounts = mounts
        self._tiers = tiers
        self._capacity = capacity
        self._room = room
        self._placed = placed
        self.proves = params.verify != SIZE_ONLY
        self._suspects: set[str] = set()  # paths of which other bytes came
        self._params = params
        self._run = run
        self._scratch = {tier: Scratch(tier.root, run.name) for tier in tiers}

    def run(self, entry: Entry) -> Moved:
        """Bring `entry` into the cache, unless the cache has it already, or has a dirty file."""
        return counted(self._run, partial(self._bring, entry))

    def _bring(self, entry: Entry, tally: Tally) -> Moved:
        try:
            wanted = self.wanted(entry)
        except OtherVersion as sent:  # a copy was compared with its object, which has changed since the listing
            wanted = self.wanted(self._entry_now(entry, sent))
        if isinstance(wanted, Moved):
            return wanted
        try:
            return self._fetch(wanted, None, tally)
        except OtherVersion as sent:
            tally.settle()
            now = self._now(wanted, sent)
        only_without_etag = now.source.etag is None and now.source.size == wanted.source.size
        stamped = wanted.source if only_without_etag and same_second(now.source, wanted.source) else None
        return self._fetch(now, stamped, tally)

    def wanted(self, entry: Entry, mount: Mount | None = None) -> Wanted | Moved:
        """Return the file to download for `entry`, of `mount`, or the outcome if there is nothing to do."""
        path = entry.path
        mount = mount or self._mounts.find(path)
        key = mount.key(path)
        source = Source.of_token(key, entry.token) if entry.token else mount.bucket.head(key)
        if source is None:
            raise Gone(f"{path} is not in the bucket")
        copies = self._tiers.copies(path)  # another job may have moved it since it was listed
        if copies:
            copy, freshness = judged_now(mount, path, source, copies, self._run)
            alias = copy.tier.alias
            placed = self._params.tier in (None, alias) and self._room.accepts([alias])
            if freshness.is_dirty:
                return Moved(entry, Outcome.KEPT, copy.size, copy.tier.alias)
            if freshness is Freshness.CACHED and placed:
                was_there = entry.in_cache or entry.state is EntryState.UNKNOWN
                return Moved(entry, Outcome.SKIPPED if was_there else Outcome.SHARED, copy.size, copy.tier.alias)
        return Wanted(entry, source, copies, mount)

    def bring(self, wanted: Wanted, fill: Fill) -> Moved:
        """Put the file that `fill` writes into its tier. `fill` returns the version that it wrote."""
        [moved] = self.bring_all([(wanted, fill)])
        if not isinstance(moved, Moved):
            raise moved
        return moved

    def bring_all(self, files: Sequence[tuple[Wanted, Fill]]) -> list[Moved | EngineError | Stopped]:
        """Put files into their tiers as `bring`, with one sync for all. Return the outcome or the error of each."""
        placings = [Placing(self._place(wanted, fill)) for wanted, fill in files]
        try:
            for placing in placings:
                placing.advance()
            synced(placings, self._run)
        finally:
            for placing in placings:
                placing.close()
        return [self._judged(wanted, placing) for (wanted, _), placing in zip(files, placings, strict=True)]

    def _judged(self, wanted: Wanted, placing: Placing) -> Moved | EngineError | Stopped:
        """Return the outcome of a file. One that has no room fails alone if the order takes what fits."""
        outcome = placing.outcome
        assert outcome is not None
        if isinstance(outcome, CacheFull) and self._params.if_full == "partial":
            return Moved(wanted.entry, Outcome.FAILED, error=outcome)
        return outcome

    def suspect(self, wanted: Wanted) -> None:
        """Note that other bytes came than those of the object: it is fetched once more."""
        log.warning("%s: other bytes came than those of its digest; fetching it again", printable(wanted.entry.path))
        self._suspects.add(wanted.entry.path)

    def finish(self) -> None:
        """Bring the books up to date."""
        for tier in self._scratch:
            self._capacity.visit(tier)

    def _fetch(self, wanted: Wanted, stamped: Source | None, tally: Tally) -> Moved:
        """Fetch the version of `wanted`. Its stamp says `stamped` instead, if that is given."""

        def fill(tier: TierDirectory, target: Temporary) -> Fetched:
            try:
                fetched = self._content(wanted, tier, target, tally)
            except Damaged:
                if wanted.entry.path in self._suspects:
                    raise
                self.suspect(wanted)
                tally.settle()
                os.ftruncate(target.fd, 0)
                os.lseek(target.fd, 0, os.SEEK_SET)
                fetched = self._content(wanted, tier, target, tally)
            return fetched._replace(source=stamped or fetched.source)

        return self.bring(wanted, fill)

    def _content(self, wanted: Wanted, tier: TierDirectory, target: Temporary, tally: Tally) -> Fetched:
        spread = None
        if self._spread is not None:
            path, adopt = wanted.entry.path, tally.adopt
            spread = partial(self._spread.bring, path, alias=tier.alias, name=target.place, adopt=adopt)
        return wanted.mount.bucket.fetch(wanted.source, target.fd, tally, prove=self.proves, spread=spread)

    def _entry_now(self, entry: Entry, sent: OtherVersion) -> Entry:
        """Return `entry` in its present version."""
        if not entry.token:
            raise sent
        self._refuse_other_version(sent)
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
        if listed is None:
            self._refuse_other_version(sent)
        return wanted._replace(entry=entry, source=now, listed=listed)

    def _refuse_other_version(self, sent: OtherVersion) -> None:
        """Raise VersionChanged if the order names the versions."""
        if self._params.versions:
            raise VersionChanged(sent.message)

    def _place(self, wanted: Wanted, fill: Fill) -> Steps:
        """Write the file, yield it to be synced, and give it its name."""
        entry, source, copies, *_ = wanted
        path, capacity = entry.path, self._capacity
        with self._room.reserve(entry, source.size) as tier, tier_errors(f"tier {tier.alias}: {path}"):
            before = next((copy for copy in copies if copy.tier is tier), None) if copies else None
            mode = wanted.mount.bucket.copy_mode(source)
            try:
                with self._scratch[tier].file(mode=mode) as temporary:
                    fault("download.temporary")
                    fetched, content = fill(tier, temporary)
                    fault("download.fetched")
                    yield Written(tier, temporary.fd, fetched.size)
                    temporary.synced()
                    check_cancelled(self._run)
                    self._publish(temporary, wanted, fetched, tier, before)
            except OSError as error:
                raise _explained(error, tier, path) from None
        capacity.adjust(tier, fetched.size - source.size - (before.size if before else 0))
        if copies:
            capacity.drop(path, [copy for copy in copies if copy.tier is not tier])
        return Moved(entry, Outcome.DONE, fetched.size, tier.alias, content=self._judge(path, content))

    def _judge(self, path: str, content: Content) -> Content:
        if content is not Content.PROVED or path not in self._suspects:
            return content
        self._suspects.remove(path)
        return Content.REPAIRED

    def _publish(
        self, temporary: Temporary, wanted: Wanted, fetched: Source, tier: TierDirectory, before: Copy | None
    ) -> None:
        """Give the file its stamp, and right after that its name: a later change is another program's."""
        path, name, fd = wanted.entry.path, wanted.mount.object_name(wanted.entry.path), temporary.fd
        begin = time.monotonic_ns()
        os.utime(fd, ns=(fetched.mtime_ns, fetched.mtime_ns))
        stamped = stamp_new(fd, name, fetched.size, fetched.mtime_ns, fetched.etag, wanted.listed)
        fault("download.publish")
        if before is None:
            done = temporary.publish_new(path[1:])
        else:
            done = temporary.publish(path[1:], _is_still(before), durable=False)
        if not done:
            raise SourceChanged(f"{path} changed in the cache while it was fetched")
        if time.monotonic_ns() - begin > OWN_NS // 2:
            renew_stamp(fd, name)
        if stamped:
            now = os.fstat(fd)
            # With the mtime of before the rename: a program that wrote since has changed it.
            copy = Copy(tier, fetched.size, fetched.mtime_ns, now.st_ctime_ns, now.st_ino)
            self._placed.add(path, fetched.token, copy)
        fault("download.published")


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


def _is_still(before: Copy) -> Callable[[os.stat_result | None], bool]:
    """Return a check that the copy to replace is unchanged."""
    return lambda there: there is not None and _identity(there) == before[1:]


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
