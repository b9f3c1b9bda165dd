"""The errors of avio, in all processes: one tree, reasons for machines, cures for people. Standard library only."""

from dataclasses import dataclass
from enum import StrEnum

from avio.undecoded import readable


class Scope(StrEnum):
    """What an engine's error means for the job."""

    RETRY = "retry"  # try again
    FILE = "file"  # give up this file, go on with the others
    JOB = "job"  # end the job: nothing further can succeed


@dataclass(frozen=True, slots=True)
class FieldError:
    """One refused member of a request. `field` is its path in the JSON, e.g. `params.depth`."""

    field: str
    message: str


class AvioError(Exception):
    """Base of all errors of avio. Subclasses set `reason`, `status` and `cure`. Anybody may know what is `public`."""

    reason = "INTERNAL"
    status = 500
    cure = public = ""  # what is public has cause and cure, but no address, name or key
    retry_after: int | None = None

    def __init__(self, message: str, *, cure: str | None = None, retry_after: int | None = None) -> None:
        self.message = readable(message)  # JSON and databases take no lone surrogates
        super().__init__(self.message)
        self.retry_after = self.retry_after if retry_after is None else retry_after
        self.cure = self.cure if cure is None else readable(cure)


class BadRequest(AvioError):
    """The input is invalid. `fields` has every field error at once, or the first ones; then there are `more`."""

    reason = "BAD_REQUEST"
    status = 400

    def __init__(self, message: str, fields: list[FieldError] | None = None, *, cure: str | None = None) -> None:
        super().__init__(message, cure=cure)
        self.fields, self.more = fields or [], 0


class NotAuthenticated(AvioError):
    """The token is missing, invalid, or expired (`expired`)."""

    reason = "NOT_AUTHENTICATED"
    status = 401
    cure = "log in again: avio login"

    def __init__(self, message: str, *, expired: bool = False) -> None:
        super().__init__(message)
        self.expired = expired


class Forbidden(AvioError):
    """The caller is known, but has no right to do this."""

    reason = "FORBIDDEN"
    status = 403


class NotFound(AvioError):
    """No such job, file list or endpoint. Also raised for another user's, so that nobody can probe ids."""

    reason = "NOT_FOUND"
    status = 404


class Conflict(AvioError):
    """The state of the job or file does not allow this."""

    reason = "CONFLICT"
    status = 409


class IdempotencyReused(AvioError):
    """The Idempotency-Key was used before, with another body."""

    reason = "IDEMPOTENCY_KEY_REUSED"
    status = 422
    cure = "use a new key for a new job request"


class TooLarge(AvioError):
    """The request is larger than a request or a task may be."""

    reason = "TOO_LARGE"
    status = 413


class TooSlow(AvioError):
    """The client sends its request too slowly."""

    reason = "TOO_SLOW"
    status = 408
    cure = "send it faster, or in smaller parts"


class TooMany(AvioError):
    """A quota or a rate limit is used up for now."""

    reason = "TOO_MANY"
    status = 429


class Unavailable(AvioError):
    """A part of the server does not answer. `retry_after` is the number of seconds to wait."""

    reason = "UNAVAILABLE"
    status = 503
    cure = "try again later"
    retry_after: int | None = 5


class EngineError(AvioError):
    """An engine failed. `scope` says whether to try again, to give up the file, or to end the job."""

    scope = Scope.FILE
    pause = 0.0  # seconds that the store asks to be left alone before another try
    reason = "ENGINE_ERROR"


class EngineAway(EngineError):
    """The bucket or the cache does not answer."""

    scope = Scope.RETRY
    reason = "ENGINE_AWAY"
    status = 503
    cure = "check that the store is up and reachable, then try again"
    retry_after: int | None = 5


class MountBusy(EngineError):
    """So many requests wait for a mount that it gets no more of them."""

    scope = Scope.RETRY
    reason = "MOUNT_BUSY"
    status = 503
    cure = "try again soon; if it stays so, ask the admin whether the store of the mount answers"


class BadReply(EngineError):
    """What answers for the store does not speak its protocol, or contradicts itself."""

    scope = Scope.RETRY
    reason = "BAD_REPLY"
    status = 502
    cure = "check that the mount's endpoint is the store's S3 port, and that no proxy or cache answers instead"


class SourceChanged(EngineError):
    """The file changed while it was read."""

    scope = Scope.RETRY
    reason = "SOURCE_CHANGED"
    cure = "run the job again once the file is no longer written to"


class Corrupt(EngineError):
    """The bytes that arrived differ from the bytes that the store holds."""

    scope = Scope.RETRY
    reason = "CORRUPT"
    cure = "run the job again; if it fails again, check the store's disks and network"


class Damaged(Corrupt):
    """The bytes that arrived are not those of the object's digest, twice."""

    scope = Scope.FILE
    cure = "check the store's disks, and what is between it and the node; run the job again"


class PathNotFound(EngineError):
    """Neither the bucket nor the cache has the path, or no mount covers it."""

    reason = "PATH_NOT_FOUND"
    status = 404
    cure = "check the path: avio ls shows what is there"


class NoMount(PathNotFound):
    """No mount is at, above or below the path."""

    def __init__(self, path: str) -> None:
        super().__init__(f"no mount covers {path}", cure="avio ls / shows the mounts")
        self.path = path


class AccessDenied(EngineError):
    """The store refuses the key of the mount."""

    reason = "ACCESS_DENIED"
    status = 403
    cure = "ask the admin to check the mount's key and its rights in the bucket"


class NotSaved(EngineError):
    """Both the bucket and the cache changed. Overwriting either one would lose data."""

    reason = "SAVE_CONFLICT"
    status = 409
    cure = "compare both files; move one of them, then save again"


class Unsaved(EngineError):
    """The bucket does not have this cached file. Dropping it would lose it."""

    reason = "NOT_SAVED"
    status = 409
    cure = "save it first (avio save), or leave it in the cache"


class IsDirectory(EngineError):
    """The path is a directory, and the request is for a file."""

    reason = "IS_DIRECTORY"
    status = 400
    cure = "use recursive=true to include all files below it, or name a file"


class StoreError(EngineError):
    """The store or the disk answered with an error that has no reason of its own."""

    reason = "STORE_ERROR"


class Gone(EngineError):
    """The file was deleted after the job listed it."""

    reason = "GONE"
    cure = "run the job again"


class LeftOutFiles(EngineError):
    """The job left out what it can't handle; the report names each."""

    scope = Scope.JOB
    reason = "LEFT_OUT"
    cure = "see the report for what was left out, and why"


class NothingMatched(EngineError):
    """The path exists, but no file matches the request. This is never a success."""

    scope = Scope.JOB
    reason = "NOTHING_MATCHED"
    cure = "check the path, depth and file list"


class CacheFull(EngineError):
    """The tiers have no room for the files."""

    scope = Scope.JOB
    reason = "CACHE_FULL"
    status = 507
    cure = "free some of the cache (POST /free), or request less"
    needed: int | None = None  # bytes of a whole preload that would fit if others had less


class NodeFault(EngineError):
    """The node's own disk failed or is full. The job may succeed on another node."""

    scope = Scope.JOB
    reason = "NODE_FAULT"


class TierNotMounted(EngineError):
    """The disk of a tier is not at its path: its marker is missing, or another tier's is there."""

    scope = Scope.JOB
    reason = "TIER_NOT_MOUNTED"
    status = 503
    cure = "mount the disk of the tier, or begin anew with one in memory; avio-server doctor says how"


class Unsupported(EngineError):
    """The engine does not support this option."""

    scope = Scope.JOB
    reason = "UNSUPPORTED_OPTION"
    status = 400


class SettingsError(Exception):
    """The settings are invalid. `problems` has one line for each error."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems
