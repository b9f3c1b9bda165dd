"""Makes entries of files from Alluxio's statuses.

Used in web and the job process. Each block counts once, at its best tier. Replicas on workers that don't answer
don't count.
"""

from avio.engines.alluxio.clients.status import Persistence, Status
from avio.engines.alluxio.view.roster import Roster
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
    """Return True if the bucket has the file, as far as Alluxio knows.

    Never sync an unsaved file: if an object of its name exists, Alluxio drops the file.
    """
    return status.persistence is Persistence.PERSISTED


def token(status: Status) -> str:
    """Return the mark of a file's version. Another file under the same path has other blocks.

    The modification time is of no use: it also changes with the file's attributes.
    """
    mark = status.blocks[0].id if status.blocks else status.modified
    more = f".{len(status.blocks):x}" if len(status.blocks) != 1 else ""
    return f"{mark:x}.{status.length:x}{more}"


def single_block(token: str | None) -> tuple[int, int] | None:
    """Return id and length of the block of a file by its `token`, None if the file does not have exactly one."""
    parts = token.split(".") if token is not None else ()
    return (int(parts[0], 16), int(parts[1], 16)) if len(parts) == 2 else None


def bytes_by_tier(status: Status, roster: Roster) -> dict[str, int]:
    """Return the cached bytes of each tier."""
    tiers: dict[str, int] = {}
    for block in status.blocks:
        best = roster.best(block.locations)
        if best is not None:
            tiers[best.tier] = tiers.get(best.tier, 0) + block.length
    return tiers


def _state(status: Status, cached: int, *, saved: bool) -> EntryState:
    if cached >= status.length and status.persistence is not Persistence.LOST:
        return EntryState.CACHED if saved else EntryState.DIRTY
    return EntryState.PARTIAL if cached else EntryState.REMOTE
