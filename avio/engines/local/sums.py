"""Entries from items: a file as it stands, a directory as the sums over its files.

Used in web and the job process. A directory is dirty if one file in it is, else stale if one is, else
cached, partial or remote by how many of its files are in the cache; remote when it is empty. Stale
bytes count as not cached: they are not what the bucket holds.
"""

from avio.engines.base import Entry, EntryState
from avio.engines.local.freshness import Freshness
from avio.engines.local.merging import Alike, Item

SECOND = 1_000_000_000  # nanoseconds

CACHED, STALE = Freshness.CACHED, Freshness.STALE


def file_entry(item: Item) -> Entry:
    """Return the entry of a file that is in the bucket, in the cache, or in both."""
    source, copy = item.source, item.copy
    token = source.token if source is not None else None
    if copy is None or item.freshness is None or item.freshness is Freshness.STALE:
        state = EntryState.REMOTE if copy is None else EntryState.STALE
        if source is None:
            return nowhere(item.path)
        return Entry(
            item.path,
            "file",
            source.size,
            source.mtime_ns / SECOND,
            state,
            0,
            {},
            True,
            files=1,
            files_cached=0,
            token=token,
        )
    state = item.freshness.state
    dirty = state is EntryState.DIRTY
    mtime_ns = copy.mtime_ns if dirty or source is None else source.mtime_ns
    tiers = {copy.tier.alias: copy.size}
    return Entry(
        item.path,
        "file",
        copy.size,
        mtime_ns / SECOND,
        state,
        copy.size,
        tiers,
        not dirty,
        files=1,
        files_cached=1,
        token=token,
    )


def nowhere(path: str) -> Entry:
    """Return the entry of a file that neither side holds."""
    return Entry(path, "file", 0, None, EntryState.REMOTE, 0, {}, False, files=0, files_cached=0)


def uncounted(path: str) -> Entry:
    """Return the entry of a directory whose files were not all looked at."""
    return Entry(path, "directory", None, None, EntryState.UNKNOWN)


class Sums:
    """The figures of one directory, while its files pass by."""

    __slots__ = ("cached", "dirty", "files", "size", "stale", "tiers")

    def __init__(self) -> None:
        self.size = 0
        self.files = 0
        self.cached = 0
        self.dirty = 0
        self.stale = 0
        self.tiers: dict[str, int] = {}

    def add(self, item: Item) -> None:
        """Count one file; a mount's own item counts nothing."""
        _, source, copy, freshness = item
        if copy is None:
            if source is not None:
                self.files += 1
                self.size += source.size
            return
        self.files += 1
        if freshness is STALE and source is not None:
            self.stale += 1
            self.size += source.size
            return
        if freshness is not CACHED:
            self.dirty += 1
        tier, size, _ = copy
        self.cached += 1
        self.size += size
        self.tiers[tier.alias] = self.tiers.get(tier.alias, 0) + size

    def add_alike(self, run: Alike) -> None:
        """Count a whole run."""
        size = sum(file[1] for file in run.files)
        self.files += len(run.files)
        self.cached += len(run.files)
        self.size += size
        self.tiers[run.tier.alias] = self.tiers.get(run.tier.alias, 0) + size

    def include(self, other: "Sums") -> None:
        """Add the figures of a directory inside this one."""
        self.size += other.size
        self.files += other.files
        self.cached += other.cached
        self.dirty += other.dirty
        self.stale += other.stale
        for alias, size in other.tiers.items():
            self.tiers[alias] = self.tiers.get(alias, 0) + size

    def entry(self, path: str) -> Entry:
        """Return the entry of the directory `path`."""
        return Entry(
            path,
            "directory",
            self.size,
            None,
            self._state(),
            sum(self.tiers.values()),
            dict(self.tiers),
            not self.dirty,
            self.files,
            self.cached,
        )

    def _state(self) -> EntryState:
        if self.dirty:
            return EntryState.DIRTY
        if self.stale:
            return EntryState.STALE
        if not self.cached:
            return EntryState.REMOTE
        return EntryState.CACHED if self.cached == self.files else EntryState.PARTIAL
