"""The exit codes of avio: a stable table that scripts may rely on, and what leads to each code.

Read by every command. Standard library and wire only, so that `avio --help` stays quick.
"""

from enum import IntEnum

from avio.wire.states import State


class Exit(IntEnum):
    """One code for each thing that a script may want to tell apart."""

    OK = 0
    FAILED = 1
    USAGE = 2
    PARTIAL = 3
    LOGIN_NEEDED = 4
    TEMPORARY = 5
    NOT_FOUND = 6
    FORBIDDEN = 7
    CANCELLED = 8
    WAIT_OVER = 9
    NO_ROOM = 10
    NOTHING_MATCHED = 11
    INTERRUPTED = 130
    READER_LEFT = 141


MEANINGS = {
    Exit.OK: "done",
    Exit.FAILED: "failed",
    Exit.USAGE: "wrong usage, or a request that the server refuses (HTTP 400)",
    Exit.PARTIAL: "done, but some files failed, were left out, or differ in a check",
    Exit.LOGIN_NEEDED: "log in first, or again: avio login",
    Exit.TEMPORARY: "the server or the bucket is unavailable or too busy: try again",
    Exit.NOT_FOUND: "no such path or job, or no local path",
    Exit.FORBIDDEN: "not allowed",
    Exit.CANCELLED: "the job was cancelled",
    Exit.WAIT_OVER: "the wait is over; a job continues",
    Exit.NO_ROOM: "the cache is full, or a quota is used up",
    Exit.NOTHING_MATCHED: "no file matched",
    Exit.INTERRUPTED: "Ctrl-C; a watched job continues",
    Exit.READER_LEFT: "the program that reads the output has ended, such as head",
}

_BY_REASON = {
    "UNREACHABLE": Exit.TEMPORARY,
    "ENGINE_AWAY": Exit.TEMPORARY,
    "BAD_REPLY": Exit.FAILED,
    "PATH_NOT_FOUND": Exit.NOT_FOUND,
    "ACCESS_DENIED": Exit.FORBIDDEN,
    "WAIT_OVER": Exit.WAIT_OVER,
    "CACHE_FULL": Exit.NO_ROOM,
    "NOTHING_MATCHED": Exit.NOTHING_MATCHED,
    "UNSUPPORTED_OPTION": Exit.USAGE,
}

_BY_STATUS = {
    400: Exit.USAGE,
    401: Exit.LOGIN_NEEDED,
    403: Exit.FORBIDDEN,
    404: Exit.NOT_FOUND,
    413: Exit.USAGE,
    415: Exit.USAGE,
    422: Exit.USAGE,
    429: Exit.TEMPORARY,
    502: Exit.TEMPORARY,
    503: Exit.TEMPORARY,
    504: Exit.TEMPORARY,
    507: Exit.NO_ROOM,
}

_BY_STATE = {
    State.SUCCEEDED: Exit.OK,
    State.PARTIAL: Exit.PARTIAL,
    State.CANCELLED: Exit.CANCELLED,
}


def of_error(reason: str, status: int) -> Exit:
    """Return the code for an error: by its reason, which is the finer word, else by its HTTP status."""
    return _BY_REASON.get(reason) or _BY_STATUS.get(status, Exit.FAILED)


def of_job(status: str, reason: str | None) -> Exit:
    """Return the code for the terminal `status` of a job; a failed one is told by its reason, as an error is."""
    return _BY_STATE.get(State(status), _BY_REASON.get(reason or "", Exit.FAILED))
