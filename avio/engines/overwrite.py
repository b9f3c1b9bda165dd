"""Whether a save replaces an object: by the rule `overwrite`, and by `on_conflict` if the object changed too.

Used by the engines, in the job process. Pure.
"""

from enum import Enum

from avio.engines.base import Entry, EntryState
from avio.errors import NotSaved
from avio.wire.params import Params


class Decision(Enum):
    """The outcome for an object that differs from the cached file."""

    REPLACE = "replace"
    KEEP = "keep"  # the file stays unsaved, as asked
    REFUSE = "refuse"  # the file fails


def decide(params: Params, *, both_changed: bool, is_newer: bool, is_there: bool = True) -> Decision:
    """Return the outcome for the object of an unsaved file. `is_newer` is True if the file is newer than its object.

    `is_there` is False if the object was deleted: that is how it changed.
    """
    if params.overwrite == "always":
        return Decision.REPLACE
    if is_there and (params.overwrite == "never" or (params.overwrite == "newer" and not is_newer)):
        return Decision.KEEP
    if (is_there and params.overwrite == "fail") or (both_changed and params.on_conflict != "overwrite"):
        return Decision.REFUSE
    return Decision.REPLACE


def may_spare(params: Params) -> bool:
    """Return False if `spares` is False for whatever file."""
    return params.overwrite in ("never", "newer")


def spares(entry: Entry, params: Params, object_modified: float | None) -> bool:
    """Return True if a save keeps the object, changed at `object_modified` in epoch seconds (None: there is none)."""
    if object_modified is None or entry.state not in (EntryState.DIRTY, EntryState.CONFLICT):
        return False
    both_changed = entry.state is EntryState.CONFLICT
    is_newer = (entry.modified or 0.0) > object_modified
    return decide(params, both_changed=both_changed, is_newer=is_newer) is Decision.KEEP


def replaces_any(params: Params) -> bool:
    """Return True if whatever object is there may be replaced, also one that comes in the last moment."""
    return params.overwrite == "always" or (params.overwrite == "different" and params.on_conflict == "overwrite")


def already_there(path: str) -> NotSaved:
    """Return the error of a save with overwrite=fail."""
    return NotSaved(
        f"the bucket has another object at {path}, and overwrite is fail",
        cure="compare both; to replace the object use overwrite=different, or overwrite=always if it changed too",
    )
