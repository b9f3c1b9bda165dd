"""Uploads one cached file to its bucket: complete or not at all, and never over another program's change.

Used in the job process, by several threads at once.
"""

import logging
from collections.abc import Sequence
from functools import partial

from avio.engines.base import Entry, Moved
from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.multiput import Answer
from avio.engines.local.capacity import Capacity
from avio.engines.local.clock_ticks import await_next_tick
from avio.engines.local.entries import NS_PER_SECOND
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
from avio.engines.overwrite import Decision, already_there, decide, replaces_any
from avio.engines.run import Run
from avio.engines.tally import Tally, counted
from avio.engines.versions import VersionChanged
from avio.errors import EngineAway, Gone, PathNotFound, SourceChanged
from avio.faults import fault
from avio.terminal.cells import printable
from avio.wire.params import Params
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
        # The ETags in the store's replies to uploads of copies with this size, mtime and inode, by path.
        self._answered: dict[str, tuple[str, tuple[int, int, int]]] = {}

    def run(self, entry: Entry) -> Moved:
        """Save the cached file of `entry`, unless the bucket has all of its content."""
        return counted(self._run, partial(self._save, entry))

    def _save(self, entry: Entry, tally: Tally) -> Moved:
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
        again = freshness is Freshness.CACHED and self._params.overwrite == "always" and path not in self._unsure
        if not freshness.is_dirty and not again:
            confirm(mount, path, copy, source)
            outcome = Outcome.KEPT if freshness is Freshness.GONE else self._outcome(path)
            return Moved(entry, outcome, copy.size, copy.tier.alias)
        listed = entry.size, entry.modified
        if self._params.versions and freshness.is_dirty and (copy.size, copy.mtime_ns / NS_PER_SECOND) != listed:
            raise VersionChanged(f"{path} was changed in the cache after it was looked at")
        others = self._others(mount, path, source, copy, copies)
        if freshness is Freshness.CONFLICT and source is not None and self._is_saved(mount, path, source, copy):
            self._capacity.drop(path, others)
            return Moved(entry, self._outcome(path), copy.size, copy.tier.alias)
        if not self._may_replace(path, source, copy, freshness):
            return Moved(entry, Outcome.KEPT, copy.size, copy.tier.alias)
        self._put(mount, path, source, copy, tally)
        self._capacity.drop(path, others)
        return Moved(entry, Outcome.DONE, copy.size, copy.tier.alias)

    def doubt(self, path: str, copy: Copy, answer: Answer, *, sent_md5: bool) -> None:
        """Take the answer to an upload of `copy` that tells nothing for sure, before `run` looks at the object.

        A store that got the MD5 has compared the bytes.
        """
        if answer.good and answer.etag and sent_md5:
            self._answered[path] = answer.etag, _version(copy)
        if answer.good or not answer.is_clear:
            self._unsure.add(path)

    def finish(self) -> None:
        """Remove every temporary file of this attempt."""
        for root in self._mounts.roots():
            Scratch(root, self._run.name).remove()
        for root in self._tiers.roots():
            close_journal(root, self._run.name)

    def _put(self, mount: Mount, path: str, source: Source | None, copy: Copy, tally: Tally) -> None:
        """Upload the judged `copy`, and leave a stamp on it."""
        with tier_errors(f"tier {copy.tier.alias}: {path}"), copy.tier.opened(path) as fd:
            upload, sure = self._source(mount, path, fd, copy)
            fault("upload.reading")
            overwrite = replaces_any(self._params)
            try:
                saved = mount.bucket.put(mount.key(path), upload, source, tally, overwrite=overwrite)
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
        may_be_stamped = copy.tier.takes_marks(path)
        stamped = may_be_stamped and write_stamp(fd, mount.object_name(path), stamp)
        if stamped and sure:
            return
        self._uploads.add(path, copy.size, copy.mtime_ns, saved)
        if stamped or not may_be_stamped:
            return
        if copy.tier not in self._unstamped:
            self._unstamped.add(copy.tier)
            log.warning(
                "tier %s: a saved file can't be marked (no extended attributes, or another user's file); "
                "its state is found by its etag; first %s",
                copy.tier.alias,
                printable(path),
            )

    def _is_saved(self, mount: Mount, path: str, source: Source, copy: Copy) -> bool:
        """Return True if the bucket has the bytes of `copy`, from an attempt that left no stamp. Leave one."""
        answered = self._answered.get(path) == (source.etag, _version(copy))
        if not answered and not is_of(mount, path, source, copy, self._run):
            return False
        with tier_errors(f"tier {copy.tier.alias}: {path}"), copy.tier.opened(path) as fd:
            _, sure = self._source(mount, path, fd, copy)
            self._stamp(mount, path, fd, copy, source, sure=sure)
        return True

    def _may_replace(self, path: str, source: Source | None, copy: Copy, freshness: Freshness) -> bool:
        """Return False if the object is to be kept. Raise NotSaved if it may not be replaced."""
        both_changed, is_there = freshness is Freshness.CONFLICT, source is not None
        is_newer = source is None or copy.mtime_ns > source.mtime_ns
        decision = decide(self._params, both_changed=both_changed, is_newer=is_newer, is_there=is_there)
        if decision is Decision.REFUSE:
            self._require_present(path, copy)
        if decision is Decision.REFUSE and is_there and self._params.overwrite == "fail":
            raise already_there(path)
        if decision is Decision.REFUSE:
            raise conflict(f"{path} differs in bucket and cache, and the bucket")
        return decision is Decision.REPLACE

    def _require_present(self, path: str, copy: Copy) -> None:
        """Raise SourceChanged if the judged `copy` is gone: what was seen of it is no conflict."""
        if not any(each.tier is copy.tier and _version(each) == _version(copy) for each in self._tiers.copies(path)):
            raise SourceChanged(f"{path} was changed in the cache while it was looked at")

    def _outcome(self, path: str) -> Outcome:
        """Return the outcome of a file that the bucket has: from this attempt, or from before."""
        return Outcome.DONE if path in self._unsure else Outcome.SKIPPED

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


def _version(copy: Copy) -> tuple[int, int, int]:
    """Return what a mark on the copy does not change."""
    return copy.size, copy.mtime_ns, copy.inode
