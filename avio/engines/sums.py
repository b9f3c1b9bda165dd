"""Entries that both engines make: a directory with the sums over its files, an uncounted directory, a missing file.

Used in web and the job process. Pure. A directory is dirty if one file in it is, else stale if one is stale or gone,
else cached, partial or remote by how much of it is in the cache. It is saved if each file in it is.
"""

from avio.engines.base import Entry, EntryState
from avio.wire.progress import MAX_NUMBER


def nowhere(path: str) -> Entry:
    """Return the entry of a file that neither side has."""
    return Entry(path, "file", 0, None, EntryState.REMOTE, 0, {}, False, files=0, files_cached=0)


def uncounted(path: str) -> Entry:
    """Return the entry of a directory whose files were not all counted."""
    return Entry(path, "directory", None, None, EntryState.UNKNOWN)


class Sums:
    """The sums of one directory, while its files are counted.

    `cached` counts files that are completely cached, `touched` files with any cached byte: Alluxio calls an empty file
    cached from the beginning.
    """

    __slots__ = ("cached", "dirty", "files", "gone", "size", "stale", "tiers", "touched")

    def __init__(self) -> None:
        self.size = self.files = self.cached = self.touched = self.dirty = self.stale = self.gone = 0
        self.tiers: dict[str, int] = {}

    def add(self, entry: Entry) -> None:
        """Count a file."""
        self.files += 1
        self.size += entry.size or 0
        self.cached += entry.files_cached or 0
        self.touched += bool(entry.cached_bytes)
        gone = entry.state is EntryState.GONE
        self.dirty += entry.saved is False and not gone
        self.stale += entry.state is EntryState.STALE
        self.gone += gone
        self._add_tiers(entry.tiers)

    def include(self, other: "Sums") -> None:
        """Add the sums of a directory inside this one."""
        self.size += other.size
        self.files += other.files
        self.cached += other.cached
        self.touched += other.touched
        self.dirty += other.dirty
        self.stale += other.stale
        self.gone += other.gone
        self._add_tiers(other.tiers)

    def entry(self, path: str) -> Entry:
        """Return the entry of the directory `path`."""
        return Entry(
            path,
            "directory",
            min(self.size, MAX_NUMBER),  # sparse files have any size
            None,
            self._state(),
            sum(self.tiers.values()),
            dict(self.tiers),
            not (self.dirty or self.gone),
            self.files,
            self.cached,
        )

    def _add_tiers(self, tiers: dict[str, int]) -> None:
        for alias, size in tiers.items():
            self.tiers[alias] = self.tiers.get(alias, 0) + size

    def _state(self) -> EntryState:
        if self.dirty:
            return EntryState.DIRTY
        if self.stale or self.gone:
            return EntryState.STALE
        if self.files and self.cached == self.files:
            return EntryState.CACHED
        return EntryState.PARTIAL if self.touched else EntryState.REMOTE
