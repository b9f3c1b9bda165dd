"""The state of a cached copy: the one place that decides between cached, stale, gone, dirty and conflict.

Used in web and the job process. Pure: it takes the source, the copy's size and mtime, and a reader of marks.
"""

from collections.abc import Callable
from enum import Enum

from avio.engines.base import EntryState
from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.versions import SECOND_NS
from avio.engines.local.stamps import Marks, Stamp


class Freshness(Enum):
    """The state of a copy."""

    CACHED = EntryState.CACHED
    STALE = EntryState.STALE
    GONE = EntryState.GONE
    DIRTY = EntryState.DIRTY
    CONFLICT = EntryState.CONFLICT
    TOUCHED = "touched"  # size and mtime are the stamp's, but the file was changed since: only its bytes can tell

    @property
    def is_dirty(self) -> bool:
        """Return True if the copy has content that the bucket may not have had."""
        return self in (Freshness.DIRTY, Freshness.CONFLICT, Freshness.TOUCHED)

    @property
    def state(self) -> EntryState:
        """The state that users see."""
        return EntryState.DIRTY if self is Freshness.TOUCHED else EntryState(self.value)


def judge(
    source: Source | None, size: int, mtime_ns: int, read: Callable[[], Marks], *, strict: bool = False
) -> Freshness:
    """Return the state of a copy of `size` and `mtime_ns` against `source`. `read` reads its marks if needed.

    With `strict`, which is for what can lose a copy, a program that sets the mtime back after a change is noticed.

    Without a stamp (the user wrote the file, or the file system has no attributes) only equal size and mtime
    count as cached. Otherwise it is unknown which side changed, and avio overwrites neither. A stamp of an older
    cache may be another file's, so it counts only while it names the present source. So does the stamp of an upload
    whose object nobody has seen.
    """
    alike = source is not None and (mtime_ns, size) == (source.mtime_ns, source.size)
    if alike and source is not None and source.etag is None:
        return Freshness.TOUCHED if strict and read().touched else Freshness.CACHED
    stamp, foreign, touched, _ = read()
    changed_here = foreign or stamp is None or (size, mtime_ns) != (stamp.size, stamp.local_mtime_ns)
    if source is None:
        clean, changed = Freshness.GONE, Freshness.DIRTY
        changed_here = changed_here or (stamp is not None and (not stamp.inode or stamp.replaces is not None))
    elif stamp is None:
        return Freshness.CACHED if alike and not foreign else Freshness.CONFLICT
    elif not stamp.inode and _changed(source, stamp):
        return Freshness.CONFLICT
    elif stamp.replaces is not None and _changed(source, stamp):
        return Freshness.DIRTY if source.etag == stamp.replaces else Freshness.CONFLICT
    elif _changed(source, stamp):
        clean, changed = Freshness.STALE, Freshness.CONFLICT
    else:
        clean, changed = Freshness.CACHED, Freshness.DIRTY
    if changed_here:
        return changed
    return Freshness.TOUCHED if strict and touched else clean


def _changed(source: Source, stamp: Stamp) -> bool:
    if source.size != stamp.size:
        return True
    if source.etag is not None and stamp.etag is not None:
        return source.etag not in (stamp.etag, stamp.listed)
    return not _same_time(source.mtime_ns, stamp.mtime_ns)


def _same_time(one_ns: int, other_ns: int) -> bool:
    """Compare whole seconds if one side knows no more: a store may list milliseconds and answer HEAD in seconds."""
    whole = not (one_ns % SECOND_NS and other_ns % SECOND_NS)
    return one_ns // SECOND_NS == other_ns // SECOND_NS if whole else one_ns == other_ns
