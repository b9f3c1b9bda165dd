"""How bucket and cache stand to each other about one file: what its entry tells, without a look at the bytes.

Used by engines, in the job process. Pure.
"""

from avio.engines.base import Entry, EntryState
from avio.errors import EngineError
from avio.wire.params import CHECKSUM
from avio.wire.results import Outcome

_BY_STATE = {
    EntryState.REMOTE: Outcome.ONLY_IN_BUCKET,
    EntryState.PARTIAL: Outcome.ONLY_IN_BUCKET,
    EntryState.CACHED: Outcome.SAME,
    EntryState.STALE: Outcome.DIFFERENT,
    EntryState.CONFLICT: Outcome.DIFFERENT,
    EntryState.GONE: Outcome.ONLY_IN_CACHE,
    EntryState.DIRTY: Outcome.ONLY_IN_CACHE,
}
_NEEDS_BUCKET = (EntryState.REMOTE, EntryState.PARTIAL)


class NoDigest(EngineError):
    """Only a download could tell whether the cached bytes are those of the bucket."""

    reason = "NO_DIGEST"
    cure = "go by versions with verify=content; of an unsaved file only a save can tell, which compares byte by byte"


def by_state(entry: Entry) -> Outcome | None:
    """Return what the state of `entry` tells, for an engine that knows no more. None if it tells nothing."""
    if entry.saved is False and entry.state in _NEEDS_BUCKET:  # no side has all of it
        return None
    return _BY_STATE.get(entry.state)


def by_source(entry: Entry, verify: str) -> Outcome | None:
    """Return what `entry` tells, which has a token if the bucket has the file. None if the copy has to be looked at.

    The state of a copy that was changed here tells nothing: it may have the bytes of the bucket.
    """
    if entry.token is None:
        return Outcome.ONLY_IN_CACHE if entry.state in (EntryState.DIRTY, EntryState.GONE) else None
    if entry.state is EntryState.REMOTE:
        return Outcome.ONLY_IN_BUCKET
    if verify == CHECKSUM:
        return None
    if entry.state is EntryState.CACHED:
        return Outcome.SAME
    return Outcome.DIFFERENT if entry.state is EntryState.STALE and verify == "content" else None
