"""Makes room on a tier: drops clean files, those that were not used for longest first.

Used in the job process of a preload with ifFull=evict. A file that the bucket does not have as it is stays, and so does
one that a running job uses. What was judged is compared once more at the drop, as by a free.
"""

import logging
from bisect import insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

from avio.engines.eviction import Eviction
from avio.engines.kept_paths import KeptPaths
from avio.engines.local.capacity import Capacity
from avio.engines.local.errors import tier_errors
from avio.engines.local.freshness import Freshness
from avio.engines.local.mounts import Mounts
from avio.engines.local.paths_in_use import Look, PathsInUse
from avio.engines.local.recognition import judged_now
from avio.engines.local.tiers import Copy, TierDirectory, Tiers
from avio.engines.local.tree_walk import Walk, runs
from avio.engines.run import Run
from avio.errors import EngineAway, EngineError
from avio.terminal.cells import printable

MOST_HELD = 10_000  # files that are chosen by one walk of the tier

log = logging.getLogger(__name__)


class _Old(NamedTuple):
    """A file that may be dropped. `used` is when it was last read or put in place, in nanoseconds."""

    used: int
    path: str
    size: int


class Evictions(Eviction):
    """The drops of one process. `dropped` counts their files, `dropped_bytes` their bytes. `kept` tells what stays."""

    def __init__(self, mounts: Mounts, tiers: Tiers, capacity: Capacity, kept: Callable[[], KeptPaths]) -> None:
        self._mounts, self._tiers, self._capacity, self._kept = mounts, tiers, capacity, kept
        self.in_use = PathsInUse(tiers)
        self._silent: set[str] = set()  # mounts whose store did not answer
        self.dropped = self.dropped_bytes = 0

    def using(self, paths: Sequence[str], run: Run) -> AbstractContextManager[None]:
        """Keep the drops of all processes from what is at and below `paths` in the block."""
        return self.in_use.used(paths, run)

    def droppable_by_tier(self) -> Mapping[str, int]:
        """Return what `droppable` does of each tier."""
        return {tier.alias: self.droppable(tier) for tier in self._tiers}

    def may_be_dropped(self, path: str, look: Look) -> bool:
        """Return True if the cached file `path` may give way to another job's, if it is clean.

        This is the one place that decides so: whatever else keeps files from being dropped is asked here.
        """
        return self._kept().keep_of(path) is None and not look.is_used(path)

    def droppable(self, tier: TierDirectory) -> int:
        """Return the bytes on `tier` that may be dropped at most: nobody has asked the bucket for them."""
        with self.in_use.look() as look:
            return sum(each.size for each in self._files(tier, look))

    def drop(self, tier: TierDirectory, size: int, run: Run) -> int:
        """Drop files of `tier` until they have `size` bytes, or none is left. Return the bytes that were dropped."""
        dropped, after = 0, (-1, "")
        with self.in_use.look() as look:
            while dropped < size and not run.stopping():
                oldest = self._oldest(tier, size - dropped, after, look, run)
                for each in oldest:
                    if dropped >= size or run.stopping():
                        break
                    dropped += self._drop(tier, each, look, run)
                    run.checked(0)
                if not oldest:
                    break
                after = oldest[-1][:2]
        return dropped

    def _oldest(self, tier: TierDirectory, size: int, after: tuple[int, str], look: Look, run: Run) -> list[_Old]:
        """Return the files that were used after `after`, oldest first, as many as have `size` bytes."""
        found: list[_Old] = []
        total = 0
        for each in self._files(tier, look):
            run.checked(0)
            if each[:2] <= after or (total >= size and each > found[-1]):
                continue
            insort(found, each)
            total += each.size
            while len(found) > MOST_HELD or total - found[-1].size >= size:
                total -= found.pop().size
        return found

    def _files(self, tier: TierDirectory, look: Look) -> Iterator[_Old]:
        """Yield the files of `tier` that no job uses, and that have a bucket."""
        with tier_errors(f"tier {tier.alias}"):
            for run in runs(Walk(tier.root, "")):
                for key, size, *_ in run:
                    path = "/" + key
                    if not size or look.may_be_used(path) or self._kept().keep_of(path) or not self._has_bucket(path):
                        continue
                    status = tier.root.stat(key)
                    if status is not None:
                        yield _Old(max(status.st_atime_ns, status.st_ctime_ns), path, size)

    def _has_bucket(self, path: str) -> bool:
        try:
            mount = self._mounts.find(path)
        except EngineError:
            return False
        return mount.real and bool(mount.key(path)) and mount.path not in self._silent

    def _drop(self, tier: TierDirectory, old: _Old, look: Look, run: Run) -> int:
        """Drop the copy on `tier` if it is clean, and no job uses it. Return its bytes, 0 if it stays."""
        clean = self._clean(tier, old.path, run)
        if clean is None:
            return 0
        with look.dropping(run) as is_alone:
            if not is_alone or not self.may_be_dropped(old.path, look):
                return 0
            try:
                dropped = self._capacity.drop(old.path, [clean])
            except EngineError as error:  # it may not be removed: others may
                log.warning("%s is not dropped: %s", printable(old.path), error)
                return 0
        size = sum(each.size for each in dropped)
        self.dropped, self.dropped_bytes = self.dropped + len(dropped), self.dropped_bytes + size
        return size

    def _clean(self, tier: TierDirectory, path: str, run: Run) -> Copy | None:
        """Return the copy of `path` on `tier` if all its copies are clean, and the bucket has the file."""
        mount = self._mounts.find(path)
        if mount.path in self._silent:
            return None
        try:
            source = mount.bucket.head(mount.key(path))
            copies = self._tiers.copies(path)
            if source is None or not copies:  # of a file that is gone from the bucket, the copy is the last one
                return None
            freshness = judged_now(mount, path, source, copies, run)[1]
        except EngineAway as error:
            log.warning("no file of mount %s is dropped: %s", mount.path, error)
            self._silent.add(mount.path)
            return None
        except EngineError as error:
            log.warning("%s is not dropped: %s", printable(path), error)
            return None
        if freshness not in (Freshness.CACHED, Freshness.STALE):
            return None
        return next((copy for copy in copies if copy.tier is tier), None)
