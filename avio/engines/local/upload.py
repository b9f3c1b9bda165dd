"""Uploads one cached file to its bucket: complete or not at all, and never over another program's change.

Used in the job process, by several threads at once.
"""

import logging
from collections.abc import Sequence

from avio.engines.base import Entry, Moved
from avio.engines.local.buckets.base import Source
from avio.engines.local.capacity import Capacity
from avio.engines.local.clock_ticks import await_next_tick
from avio.engines.local.errors import conflict, tier_errors, two_unsaved
from avio.engines.local.freshness import Freshness
from avio.engines.local.kernel_copy import same_bytes
from avio.engines.local.mounts import Mount, Mounts
from avio.engines.local.open_writers import sync_mapped
from avio.engines.local.recognition import Uploads, confirm, is_of, state_of
from avio.engines.local.scratch import Scratch
from avio.engines.local.stamps import NO_TIME, Stamp, write_stamp
from avio.engines.local.tiers import Copy, TierDirectory, Tiers, that_counts
from avio.engines.local.upload_journal import UploadJournal, close_journal
from avio.engines.local.upload_source import UploadSource
from avio.engines.run import Run
from avio.errors import EngineAway, Gone, PathNotFound
from avio.faults import fault
from avio.terminal.cells import printable
from avio.wire.params import Params
from avio.wire.paths import shown_path
from avio.wire.results import Outcome

log = logging.getLogger(__name__)


class Upload:
    """The uploads of one attempt. Call `run` for each entry, and `finish` at the end."""

    def __init__(
        self, mounts: Mounts, tiers: Tiers, capacity: Capacity, uploads: Uploads, params: Params, run: Run
    ) -> None:
        self._mounts = mounts
        self._tiers = tiers
        self._capacity = capacity
        self._uploads = uploads
        self._params = params
        self._run = run
        self._unstamped: set[TierDirectory] = set()
        self._unsure: set[str] = set()  # paths with an upload of which nobody knows whether the bucket has it

    def run(self, entry: Entry) -> Moved:
        """Save the cached file of `entry`, unless the bucket has all of its content."""
        path = entry.path
        mount = self._mounts.find(path)
        if not mount.real:
            raise PathNotFound(f"no mount covers {path}")
        copies = self._tiers.copies(path)
        if not copies:
            raise Gone(f"{path} is no longer in the cache")
        for each in copies:
            await_next_tick(each.mtime_ns, self._run)
        source = mount.bucket.head(mount.key(path))
        copy, freshness = that_counts([(each, state_of(mount, path, source, each, self._run)) for each in copies])
        if not freshness.is_dirty:
            confirm(mount, path, copy)
            outcome = Outcome.KEPT if freshness is Freshness.GONE else Outcome.SKIPPED
            return Moved(entry, outcome, copy.size, copy.tier.alias)
        others = self._others(mount, path, source, copy, copies)
        if freshness is Freshness.CONFLICT and source is not None and self._is_saved(mount, path, source, copy):
            self._capacity.drop(path, others)
            outcome = Outcome.DONE if path in self._unsure else Outcome.SKIPPED
            return Moved(entry, outcome, copy.size, copy.tier.alias)
        if freshness is Freshness.CONFLICT and self._params.on_conflict != "overwrite":
            raise conflict(f"{path} differs in bucket and cache, and the bucket")
        self._put(mount, path, source, copy)
        self._capacity.drop(path, others)
        return Moved(entry, Outcome.DONE, copy.size, copy.tier.alias)

    def finish(self) -> None:
        """Remove every temporary file of this attempt."""
        for root in self._mounts.roots():
            Scratch(root, self._run.name).remove()
        for root in self._tiers.roots():
            close_journal(root, self._run.name)

    def _put(self, mount: Mount, path: str, source: Source | None, copy: Copy) -> None:
        """Upload the judged `copy`, and leave a stamp on it."""
        with tier_errors(f"tier {copy.tier.alias}: {path}"), copy.tier.opened(path) as fd:
            upload, sure = self._source(mount, path, fd, copy)
            fault("upload.reading")
            overwrite = self._params.on_conflict == "overwrite"
            try:
                saved = mount.bucket.put(mount.key(path), upload, source, self._run, overwrite=overwrite)
            except EngineAway:
                self._unsure.add(path)
                raise
            fault("upload.saved")
            self._stamp(mount, path, fd, copy, saved, sure=sure)

    def _source(self, mount: Mount, path: str, fd: int, copy: Copy) -> tuple[UploadSource, bool]:
        """Return the judged `copy`, open as `fd`, and False if a program may change its bytes but not its mtime."""
        sure = sync_mapped(fd, self._run)
        upload = UploadSource(path, fd, UploadJournal(copy.tier.root, self._run.name, mount.path))
        upload.require(copy.size, copy.mtime_ns, copy.inode)
        return upload, sure

    def _stamp(self, mount: Mount, path: str, fd: int, copy: Copy, saved: Source, *, sure: bool) -> None:
        """Leave a stamp. A copy of which nobody can be `sure` that it is unchanged stays unsaved for later jobs."""
        local_mtime_ns = copy.mtime_ns if sure else NO_TIME
        stamp = Stamp(saved.size, saved.mtime_ns, saved.etag, local_mtime_ns, seen_ns=copy.ctime_ns)
        stamped = write_stamp(fd, mount.object_name(path), stamp)
        if stamped and sure:
            return
        self._uploads.add(path, copy.size, copy.mtime_ns, saved)
        if stamped:
            return
        if copy.tier not in self._unstamped:
            self._unstamped.add(copy.tier)
            log.warning(
                "tier %s: a saved file can't be marked (no extended attributes, or another user's file); "
                "its state is found by its etag; first %s",
                copy.tier.alias,
                printable(shown_path(path)),
            )

    def _is_saved(self, mount: Mount, path: str, source: Source, copy: Copy) -> bool:
        """Return True if the bucket has the bytes of `copy`, from an attempt that left no stamp. Leave one."""
        if not is_of(mount, path, source, copy, self._run):
            return False
        with tier_errors(f"tier {copy.tier.alias}: {path}"), copy.tier.opened(path) as fd:
            _, sure = self._source(mount, path, fd, copy)
            self._stamp(mount, path, fd, copy, source, sure=sure)
        return True

    def _others(self, mount: Mount, path: str, source: Source | None, copy: Copy, copies: Sequence[Copy]) -> list[Copy]:
        """Return the other copies, which the save makes useless. Raise NotSaved if one has bytes of its own."""
        others = [other for other in copies if other is not copy]
        for other in others:
            state = state_of(mount, path, source, other, self._run)
            if state.is_dirty and not self._equal(path, copy, other):
                raise two_unsaved(path, copy.tier.root.path, other.tier.root.path)
        return others

    def _equal(self, path: str, one: Copy, other: Copy) -> bool:
        with tier_errors(path), one.tier.opened(path) as fd, other.tier.opened(path) as fd_of_other:
            return same_bytes(fd, fd_of_other, self._run)
