"""What crosses the sockets between a job process and its movers: one JSON array a packet.

Pure. Rows and results belong to the engine.
"""

# job process -> mover   ["task", name, params]           begin another task
#                        ["batch", number, rows, again]   work on these rows; again: a mover died with them
# mover -> job process   ["done", number, results]        results of rows of a batch: [place of the row, ...]
#                        ["failed", error]                the task can't go on
#                        ["waits", error]                 all rows wait for a store, and why; null: no longer

import json
from typing import Any

import orjson

from avio import errors
from avio.errors import EngineError, Scope

# A packet must fit into the buffer of a socket (208 KiB by default), two of them too.
PACKET_BYTES = 48 << 10
ERROR_CHARS = 2000  # of the message of an error, and of its cure

Row = list[Any]


def packed(message: list[Any]) -> bytes:
    """Return the bytes of a packet."""
    try:
        return orjson.dumps(message)
    except orjson.JSONEncodeError:  # a path that is not UTF-8
        return json.dumps(message).encode()


def unpacked(packet: bytes) -> list[Any]:
    """Return the message of a packet."""
    try:
        found: list[Any] = orjson.loads(packet)
    except orjson.JSONDecodeError:  # orjson takes no lone surrogates
        found = json.loads(packet)
    return found


def described(error: EngineError) -> Row:
    """Return an error as a row. Its class is found again by name, or the nearest that `avio.errors` declares.

    What an engine's own class says goes along: whether to try again, and the reason.
    """
    kind = next(each for each in type(error).__mro__ if getattr(errors, each.__name__, None) is each)
    said = [error.message[:ERROR_CHARS], error.cure[:ERROR_CHARS], error.retry_after]
    return [kind.__name__, *said, error.scope, error.reason, error.status]


def error_of(row: Row) -> EngineError:
    """Return the error that `described` described."""
    name, message, cure, retry_after, scope, reason, status = row
    kind = getattr(errors, name)
    error: EngineError = EngineError.__new__(kind)
    EngineError.__init__(error, message, cure=cure, retry_after=retry_after)
    error.scope, error.reason, error.status = Scope(scope), reason, status
    return error
