"""What Alluxio answers, by gRPC or REST, turned into the errors of avio by what it means for the work.

Used by the clients in web and the job process. Opens nothing.
"""

from avio.errors import AccessDenied, EngineAway, EngineError, PathNotFound, Scope, StoreError, Unsupported

_AWAY = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "ABORTED"}
# A connection that breaks below a call is reported under codes that servers use for other things.
_BROKEN = ("RST_STREAM", "GOAWAY", "Stream removed", "Socket closed", "Connection reset")

MESSAGE_MAX = 500  # characters of what Alluxio said; it can be a stack trace


class Exhausted(EngineAway):
    """A limit of the cluster is reached for now (jobs, memory of a worker): back off, then try again."""


class DeadProxy(EngineAway):
    """The proxy answers 200 with nothing in it: its file calls are switched off, and nothing was done."""

    scope = Scope.JOB
    cure = "start Alluxio's proxy with alluxio.proxy.s3.v2.version.enabled=false"


class Refused(StoreError):
    """Alluxio said no in a way that has no better name here; `code` is gRPC's name, e.g. INVALID_ARGUMENT."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


def of_code(code: str, message: str, what: str) -> EngineError:
    """Return the error of ours for a status that Alluxio gave.

    `code` is gRPC's name (REST uses the same); `what` names what was asked of whom. UNAVAILABLE and lost
    connections give EngineAway, RESOURCE_EXHAUSTED Exhausted, NOT_FOUND PathNotFound, PERMISSION_DENIED and
    UNAUTHENTICATED AccessDenied, UNIMPLEMENTED Unsupported, all others Refused.
    """
    text = f"{what}: {message[:MESSAGE_MAX] or code}"
    if code in _AWAY or (code in ("INTERNAL", "UNKNOWN") and any(mark in message for mark in _BROKEN)):
        return EngineAway(text, cure="check that Alluxio is up and reachable, then try again")
    match code:
        case "RESOURCE_EXHAUSTED":
            return Exhausted(text, cure="wait until the cluster has less to do, then try again")
        case "NOT_FOUND":
            return PathNotFound(text)
        case "PERMISSION_DENIED":
            return AccessDenied(
                text,
                cure="set user in [alluxio] to the user that Alluxio runs as, or give the one that is set the right",
            )
        case "UNAUTHENTICATED":
            return AccessDenied(text, cure="check auth and user in [alluxio] against the cluster's settings")
        case "UNIMPLEMENTED":
            return Unsupported(text, cure="use a release of Alluxio that has this call")
    return Refused(text, code)
