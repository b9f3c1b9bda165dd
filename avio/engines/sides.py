"""The sides of an engine, and the states of a path in them. Pure."""

from enum import StrEnum


class EntryState(StrEnum):
    """The state of a path in bucket and cache."""

    REMOTE = "remote"  # in the bucket, not in the cache
    PARTIAL = "partial"  # some of it is in the cache
    CACHED = "cached"  # all of it is in the cache, and equal to the bucket's
    STALE = "stale"  # in the cache, but the bucket has changed since
    GONE = "gone"  # in the cache, and deleted in the bucket since; the copy is as it was taken
    DIRTY = "dirty"  # in the cache, and not saved to the bucket
    CONFLICT = "conflict"  # in the cache, and both the copy and the bucket changed
    UNKNOWN = "unknown"  # the cache did not answer, or the files were not counted: never shown as 0 %


STATES = {state.value: state for state in EntryState}  # a look costs a fifth of a call of the class


class Side(StrEnum):
    """The side whose files a walk yields."""

    BUCKET = "bucket"  # files that a preload can load
    CACHE = "cache"  # files of which the cache has bytes, or which are not saved
    SAVE = "save"  # files of a save: those of the cache; if none is left there, those that are saved
    BOTH = "both"  # files of either side, as a check compares them: no bytes are read
