"""Entries from Alluxio's statuses: a file as it stands, a directory as the sums over its files.

Used in web and the job process. Bytes are counted once per block, at its best tier; replicas on workers that
don't answer count for nothing.
"""

from avio.engines.alluxio.roster import Roster
from avio.engines.alluxio.status import Persistence, Status
from avio.engines.base import Entry, EntryState


def file_entry(status: Status, roster: Roster) -> Entry:
    """Return the entry of a file."""
    tiers = bytes_by_tier(status, roster)
    cached = sum(tiers.values())
    saved = is_saved(status)
    state = _state(status, cached, saved=saved)
    whole = state in (EntryState.CACHED, EntryState.DIRTY)
    return Entry(
        status.path,
        "file",
        status.length,
        status.modified / 1000,
        state,
        cached,
        tiers,
        saved,
        files=1,
        files_cached=int(whole),
        token=token(status),
    )


def is_saved(status: Status) -> bool:
    """Tell whether the bucket holds a file, as far as Alluxio knows.

    One that is not must never be synced: where an object of its name appeared, Alluxio drops the file for it.
    """
    return status.persistence is Persistence.PERSISTED


def token(status: Status) -> str:
    """Return the mark of a file's version: another file under the same path has other blocks.

    The time is that of the last change of the file's attributes, too, and tells nothing more.
    """
    mark = status.blocks[0].id if status.blocks else status.modified
    return f"{mark:x}.{status.length:x}"


def bytes_by_tier(status: Status, roster: Roster) -> dict[str, int]:
    """Return the cached bytes of each tier."""
    tiers: dict[str, int] = {}
    for block in status.blocks:
        best = roster.best(block.locations)
        if best is not None:
            tiers[best.tier] = tiers.get(best.tier, 0) + block.length
    return tiers


def nowhere(path: str) -> Entry:
    """Return the entry of a file that neither side holds."""
    return Entry(path, "file", 0, None, EntryState.REMOTE, 0, {}, False, files=0, files_cached=0)


def uncounted(path: str) -> Entry:
    """Return the entry of a directory whose files were not all looked at."""
    return Entry(path, "directory", None, None, EntryState.UNKNOWN)


def _state(status: Status, cached: int, *, saved: bool) -> EntryState:
    if cached >= status.length and status.persistence is not Persistence.LOST:
        return EntryState.CACHED if saved else EntryState.DIRTY
    return EntryState.PARTIAL if cached else EntryState.REMOTE


class Sums:
    """The figures of one directory, while the entries of its files pass by."""

    def __init__(self) -> None:
        self.size = self.files = self.cached_files = self.unsaved = self.touched = 0
        self.tiers: dict[str, int] = {}

    def add(self, entry: Entry) -> None:
        """Count a file."""
        self.files += 1
        self.size += entry.size or 0
        self.cached_files += entry.files_cached or 0
        self.unsaved += entry.saved is False
        self.touched += bool(entry.cached_bytes)
        for alias, size in entry.tiers.items():
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
            not self.unsaved,
            self.files,
            self.cached_files,
        )

    def _state(self) -> EntryState:
        if self.unsaved:
            return EntryState.DIRTY
        if self.files and self.cached_files == self.files:
            return EntryState.CACHED
        return EntryState.PARTIAL if self.touched else EntryState.REMOTE  # empty files count as cached from the first
