"""Turns answers of Alluxio, by gRPC or REST, into errors of avio, by their meaning for the job.

Used by the clients in web and the job process. Opens nothing.
"""

import re

from avio.errors import AccessDenied, EngineAway, EngineError, PathNotFound, Scope, StoreError, Unsupported

_AWAY = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "ABORTED"}
# gRPC reports a broken connection with codes that servers use for other errors.
_BROKEN = ("RST_STREAM", "GOAWAY", "Stream removed", "Socket closed", "Connection reset")

# What a bucket says, by its error codes, when it refuses the key of a mount. Alluxio passes it on with several codes.
_OF_BUCKET = re.compile(r"\b(AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|AllAccessDisabled):")

MAX_MESSAGE_CHARS = 500  # characters of Alluxio's message, which can be a stack trace


class Exhausted(EngineAway):
    """A limit of the cluster is reached for now (jobs, memory of a worker). Wait, then try again."""


class DeadProxy(EngineAway):
    """The proxy answers 200 with an empty body: its file calls are disabled, and it did nothing."""

    scope = Scope.JOB
    cure = "start Alluxio's proxy with alluxio.proxy.s3.v2.version.enabled=false"


class Refused(StoreError):
    """Alluxio refused the call with another code. `code` is gRPC's name, e.g. INVALID_ARGUMENT."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


def of_code(code: str, message: str, what: str) -> EngineError:
    """Return the error of avio for a status of Alluxio.

    `code` is gRPC's name (REST uses the same); `what` names the call and the server. UNAVAILABLE and lost
    connections give EngineAway, RESOURCE_EXHAUSTED Exhausted, NOT_FOUND PathNotFound, PERMISSION_DENIED,
    UNAUTHENTICATED and a bucket's denial AccessDenied, UNIMPLEMENTED Unsupported, all others Refused.
    """
    text = f"{what}: {message[:MAX_MESSAGE_CHARS] or code}"
    if code in _AWAY or (code in ("INTERNAL", "UNKNOWN") and any(mark in message for mark in _BROKEN)):
        return EngineAway(text, cure="check that Alluxio is up and reachable, then try again")
    if _OF_BUCKET.search(message):
        return AccessDenied(text, cure="check the key of Alluxio's mount, and the key's rights in the bucket")
    match code:
        case "RESOURCE_EXHAUSTED":
            return Exhausted(text, cure="wait until the cluster has less work, then try again")
        case "NOT_FOUND":
            return PathNotFound(text)
        case "PERMISSION_DENIED":
            return AccessDenied(
                text,
                cure="set user in [alluxio] to the user that Alluxio runs as, or give the present user the right",
            )
        case "UNAUTHENTICATED":
            return AccessDenied(text, cure="check auth and user in [alluxio] against the cluster's settings")
        case "UNIMPLEMENTED":
            return Unsupported(text, cure="use a release of Alluxio that has this call")
    return Refused(text, code)
