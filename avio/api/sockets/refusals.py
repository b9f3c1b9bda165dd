"""Replies to what never becomes a request of the app: problem documents as bytes, with a request id."""

import json
import uuid
from http import HTTPStatus

from gunicorn.http import errors

from avio.api.problem_document import MEDIA_TYPE, problem
from avio.errors import AvioError, TooSlow

_VALID = "send valid HTTP/1.1"

# The reason of each status, and what to do.
REASONS = {
    400: ("BAD_REQUEST", _VALID),
    408: (TooSlow.reason, TooSlow.cure),
    414: ("URI_TOO_LONG", "send a shorter query"),
    417: ("EXPECTATION_FAILED", _VALID),
    431: ("HEADERS_TOO_LARGE", "send fewer or shorter headers"),
    500: ("INTERNAL", "report the requestId to your admin"),
    501: ("NOT_IMPLEMENTED", _VALID),
}

DEFECT = 500

_STATUS = {
    errors.LimitRequestLine: 414,
    errors.LimitRequestHeaders: 431,
    errors.ExpectationFailed: 417,
    errors.UnsupportedTransferCoding: 501,
}


def explain(error: BaseException) -> tuple[int, str]:
    """Return the status of the reply to a request that ended with `error`, and what is wrong; DEFECT if it is ours."""
    if isinstance(error, AvioError):
        return error.status, error.message
    if isinstance(error, errors.ParseException):
        return _STATUS.get(type(error), 400), f"not a valid request: {error}"
    return DEFECT, "avio failed because of a defect"


def reply(status: int, detail: str) -> bytes:
    """Return a whole HTTP reply, after which the connection is closed."""
    request_id = uuid.uuid4().hex
    reason, cure = REASONS[status]
    body = json.dumps(problem(status, reason, detail, instance="", request_id=request_id, cure=cure)).encode()
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {MEDIA_TYPE}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\nX-Request-Id: {request_id}\r\n"
        "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n\r\n"
    )
    return head.encode() + body
