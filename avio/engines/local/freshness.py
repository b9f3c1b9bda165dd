"""How a cached copy stands to its source: the one place where cached, stale, dirty and conflict are told apart.

Used in web and the job process. Pure: it gets the source, the copy's size and mtime, and the stamp's reader.
"""

from collections.abc import Callable
from enum import Enum

from avio.engines.base import EntryState
from avio.engines.local.buckets.base import Source
from avio.engines.local.stamps import Stamp


class Freshness(Enum):
    """How a copy stands. A conflict is shown to users as dirty; saving it would lose the bucket's version."""

    CACHED = EntryState.CACHED
    STALE = EntryState.STALE
    DIRTY = EntryState.DIRTY
    CONFLICT = "conflict"

    @property
    def is_dirty(self) -> bool:
        """Tell whether the copy holds what the bucket does not."""
        return self in (Freshness.DIRTY, Freshness.CONFLICT)

    @property
    def state(self) -> EntryState:
        """The state that users see."""
        return EntryState.DIRTY if self.is_dirty else EntryState(self.value)


def judge(source: Source | None, size: int, mtime_ns: int, read: Callable[[str], Stamp | None], path: str) -> Freshness:
    """Tell how a copy of `size` and `mtime_ns` stands to `source`; `read(path)` fetches its stamp when that is needed.

    Without a stamp (the user wrote the file, or the file system keeps none) only equal size and mtime
    are taken as cached; otherwise nobody can tell who changed, so that neither side is overwritten.
    """
    if source is None:
        return Freshness.DIRTY
    alike = mtime_ns == source.mtime_ns and size == source.size
    if alike and source.etag is None:
        return Freshness.CACHED
    stamp = read(path)
    if stamp is None:
        return Freshness.CACHED if alike else Freshness.CONFLICT
    changed_here = (size, mtime_ns) != (stamp.size, stamp.local_mtime_ns)
    if _changed(source, stamp):
        return Freshness.CONFLICT if changed_here else Freshness.STALE
    return Freshness.DIRTY if changed_here else Freshness.CACHED


def _changed(source: Source, stamp: Stamp) -> bool:
    if source.size != stamp.size:
        return True
    if source.etag is not None and stamp.etag is not None:
        return source.etag != stamp.etag
    return source.mtime_ns != stamp.mtime_ns
