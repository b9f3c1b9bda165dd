"""Whether a file that is not saved can be: complete, and all of it on workers.

Used in the job process. Pure.
"""

from avio.engines.alluxio.status import Persistence, Status
from avio.errors import EngineError, NotSaved, Scope, StoreError


class Lost(StoreError):
    """A file that was never saved, and whose blocks are gone."""

    reason = "LOST"
    cure = "write the file again: neither the cache nor the bucket has all of it"


class Unfinished(EngineError):
    """A file that is still being written, or whose writer died."""

    scope = Scope.RETRY
    reason = "UNFINISHED"
    cure = "save it once its writer has closed it"


class NotPersisted(StoreError):
    """Alluxio gave up, or did nothing for too long."""

    scope = Scope.RETRY
    reason = "NOT_PERSISTED"


def conflict(status: Status) -> NotSaved:
    """Return the error of an unsaved file at whose place the bucket has an object: Alluxio would delete it."""
    return NotSaved(
        f"{status.path} is not saved, and the bucket has another object at {status.ufs_path}",
        cure="compare both; move one of them away, then save again",
    )


def must_be_savable(status: Status) -> None:
    """Raise why a file can't be saved."""
    if status.persistence is Persistence.LOST:
        raise Lost(f"blocks of {status.path} vanished before they were saved")
    if not status.completed:
        raise Unfinished(f"{status.path} is not complete")
    missing = sum(not block.locations for block in status.blocks)
    if missing:
        raise Lost(f"{missing} of {len(status.blocks)} blocks of {status.path} are on no worker")
