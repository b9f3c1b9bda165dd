"""Checks whether an unsaved file can be saved: it must be complete, and workers must have all of it.

Used in the job process. Pure.
"""

from avio.engines.alluxio.clients.status import Persistence, Status
from avio.errors import EngineError, NotSaved, Scope, StoreError


class Lost(StoreError):
    """The file was never saved, and its blocks are gone."""

    reason = "LOST"
    cure = "write the file again: neither the cache nor the bucket has all of it"


class Unfinished(EngineError):
    """The file is still being written, or its writer died."""

    scope = Scope.RETRY
    reason = "UNFINISHED"
    cure = "save the file after its writer has closed it"


class NotPersisted(StoreError):
    """Alluxio gave up the persist, or made no progress for too long."""

    scope = Scope.RETRY
    reason = "NOT_PERSISTED"


def conflict(status: Status) -> NotSaved:
    """Return the error of an unsaved file if the bucket has an object in its place. Alluxio would delete the object."""
    return NotSaved(f"{status.path} is not saved, and the bucket has another object at {status.ufs_path}")


def must_be_savable(status: Status) -> None:
    """Raise an error if the file can't be saved."""
    if status.persistence is Persistence.LOST:
        raise Lost(f"blocks of {status.path} vanished before they were saved")
    if not status.completed:
        raise Unfinished(f"{status.path} is not complete")
    missing = sum(not block.locations for block in status.blocks)
    if missing:
        raise Lost(f"no worker has {missing} of the {len(status.blocks)} blocks of {status.path}")
