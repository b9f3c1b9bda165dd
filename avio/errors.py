"""The errors of avio: one tree, each with a reason that machines read and a cure that people read.

Raised in every process; the API turns them into problem documents, the CLI into three lines.
Standard library only.
"""

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What an engine's error means for the work at hand."""

    RETRY = "retry"  # worth another try
    FILE = "file"  # this file is lost to this job, the others go on
    JOB = "job"  # nothing further can succeed


@dataclass(frozen=True, slots=True)
class FieldError:
    """One member of a request that is refused. `field` is its path in the JSON, e.g. `params.depth`."""

    field: str
    message: str


class AvioError(Exception):
    """Anything that avio says no with. Subclasses set `reason`, `status` and `cure`."""

    reason = "INTERNAL"
    status = 500
    cure = ""

    def __init__(self, message: str, *, cure: str | None = None, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after
        if cure is not None:
            self.cure = cure


class BadRequest(AvioError):
    """Input that is refused; carries every field error at once."""

    reason = "BAD_REQUEST"
    status = 400

    def __init__(self, message: str, fields: list[FieldError] | None = None, *, cure: str | None = None) -> None:
        super().__init__(message, cure=cure)
        self.fields = fields or []


class NotAuthenticated(AvioError):
    """No token, a wrong one, or one that has expired (`expired`)."""

    reason = "NOT_AUTHENTICATED"
    status = 401
    cure = "log in again: avio login"

    def __init__(self, message: str, *, expired: bool = False) -> None:
        super().__init__(message)
        self.expired = expired


class Forbidden(AvioError):
    """Known, but not allowed."""

    reason = "FORBIDDEN"
    status = 403


class NotFound(AvioError):
    """No such job, file list or page; also somebody else's, so that ids can't be probed."""

    reason = "NOT_FOUND"
    status = 404


class Conflict(AvioError):
    """The thing is in a state in which this can't be done."""

    reason = "CONFLICT"
    status = 409


class IdempotencyReused(AvioError):
    """An Idempotency-Key that came before with another body."""

    reason = "IDEMPOTENCY_KEY_REUSED"
    status = 422
    cure = "use a new key for a new order"


class TooLarge(AvioError):
    """More than a request may carry or a task may look at."""

    reason = "TOO_LARGE"
    status = 413


class TooMany(AvioError):
    """A quota or a rate is used up for now."""

    reason = "TOO_MANY"
    status = 429


class Unavailable(AvioError):
    """A part that is needed does not answer; `retry_after` says in how many seconds to try again."""

    reason = "UNAVAILABLE"
    status = 503
    cure = "try again later"

    def __init__(self, message: str, *, cure: str | None = None, retry_after: int = 5) -> None:
        super().__init__(message, cure=cure, retry_after=retry_after)


class EngineError(AvioError):
    """What an engine can't do; `scope` says whether to try again, to drop the file, or to end the job."""

    scope = Scope.FILE
    reason = "ENGINE_ERROR"


class EngineAway(EngineError):
    """The bucket or the cache does not answer."""

    scope = Scope.RETRY
    reason = "ENGINE_AWAY"
    status = 503
    cure = "check that the store is up and reachable, then try again"

    def __init__(self, message: str, *, cure: str | None = None, retry_after: int = 5) -> None:
        super().__init__(message, cure=cure, retry_after=retry_after)


class SourceChanged(EngineError):
    """The file changed while it was read."""

    scope = Scope.RETRY
    reason = "SOURCE_CHANGED"
    cure = "run the job again once the file is no longer written to"


class Corrupt(EngineError):
    """What arrived is not what was sent."""

    scope = Scope.RETRY
    reason = "CORRUPT"
    cure = "run the job again; if it stays, check the store's disks and network"


class PathNotFound(EngineError):
    """Neither the bucket nor the cache has it, or no mount covers it."""

    reason = "PATH_NOT_FOUND"
    status = 404
    cure = "check the path: avio ls shows what is there"


class AccessDenied(EngineError):
    """The store refuses the key that the mount is configured with."""

    reason = "ACCESS_DENIED"
    status = 403
    cure = "ask the admin to check the mount's key and its rights in the bucket"


class NotSaved(EngineError):
    """Bucket and cache both changed: overwriting either would lose data."""

    reason = "SAVE_CONFLICT"
    status = 409
    cure = "compare both; save with onConflict=overwrite to keep the cached file"


class Unsaved(EngineError):
    """A cached file that the bucket does not hold: to drop it would be to lose it."""

    reason = "NOT_SAVED"
    status = 409
    cure = "save it first (avio save), or leave it where it is"


class IsDirectory(EngineError):
    """A directory where only a file was meant."""

    reason = "IS_DIRECTORY"
    status = 400
    cure = "give recursive to mean all below it, or name a file"


class StoreError(EngineError):
    """The store or the disk answered with an error that has no better name here."""

    reason = "STORE_ERROR"


class Gone(EngineError):
    """A file that was there when the job listed it is there no longer."""

    reason = "GONE"
    cure = "run the job again to see what is there now"


class NothingMatched(EngineError):
    """The path is there, but no file of it is asked for: never a success."""

    scope = Scope.JOB
    reason = "NOTHING_MATCHED"
    cure = "check path, depth and file list"


class CacheFull(EngineError):
    """The tiers have no room for what is asked."""

    scope = Scope.JOB
    reason = "CACHE_FULL"
    status = 507
    cure = "free some of the cache, ask for less, or give ifFull=partial to load what fits"


class NodeFault(EngineError):
    """The node's own disk failed or is full where it must write: another node may do better."""

    scope = Scope.JOB
    reason = "NODE_FAULT"


class Unsupported(EngineError):
    """The engine has declared that it cannot do this."""

    scope = Scope.JOB
    reason = "UNSUPPORTED_OPTION"
    status = 400
