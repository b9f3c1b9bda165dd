"""Every error as one problem document (RFC 9457): ours, werkzeug's, invalid shapes, an unavailable part, bugs.

Registered by `create_app`; a route raises and never formats.
"""

import json
import logging
from collections.abc import Sequence
from http import HTTPStatus

from flask import Flask, Response, current_app, g, request
from pydantic import ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails
from werkzeug.exceptions import HTTPException

from avio import streams
from avio.api.problem_document import FIELDS_MAX, MEDIA_TYPE, problem, shortened
from avio.errors import AvioError, BadRequest, EngineError, FieldError, NoMount, NotAuthenticated, Unavailable
from avio.rules.discretion import without_addresses
from avio.rules.types import DATABASE_AWAY
from avio.wire.paths import PathError

NAMED_FIELDS = 10  # members that the detail names

LOCATE = "avio.locate"  # the extension that finds the path that was meant by a text which is not one

BELOW_DIRECTORY = "avio.below_directory"  # the one that finds the path that was meant by a file of a tier

log = logging.getLogger(__name__)

# Werkzeug's texts are for browsers; our callers are programs.
_PLAIN = {
    404: ("no such endpoint", "see /openapi.json for all endpoints"),
    405: ("method not allowed", "see the Allow header"),
    413: ("the body is too large", "send less; upload long lists of paths with POST /filelists"),
}


def register(app: Flask) -> None:
    """Turn every exception of `app` into a problem document."""
    app.register_error_handler(AvioError, _ours)
    app.register_error_handler(HTTPException, _http)
    for database_error in DATABASE_AWAY:
        app.register_error_handler(database_error, _database_away)
    for redis_error in streams.AWAY:
        app.register_error_handler(redis_error, _redis_away)
    app.register_error_handler(Exception, _unexpected)


def refuse(error: ValidationError) -> None:
    """Raise BadRequest with the first field errors at once, and the number of the rest; flask-openapi calls this."""
    count = error.error_count()
    details = error.errors(include_url=False)[:FIELDS_MAX]  # few: `requests` bounds members and lists
    fields = [FieldError(_name(detail), _explain(detail)) for detail in details]
    names = ", ".join(shortened(field.field, 40) or "the body" for field in fields[:NAMED_FIELDS])
    if count > NAMED_FIELDS:
        names += f" and {count - NAMED_FIELDS} more"
    cure = "correct the members in errors[]; /openapi.json has the shapes"
    refused = BadRequest(f"the request is invalid: {names}", fields, cure=cure)
    refused.more = count - len(fields)
    raise refused


def _name(detail: ErrorDetails) -> str:
    """Return the member's path as the client wrote it. For defaults pydantic gives the Python name."""
    written = detail["type"] == "extra_forbidden"
    return ".".join(part if written or "_" not in part else to_camel(part) for part in map(str, detail["loc"]))


# What a member must be, by pydantic's type of the error.
_KINDS = {
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    **dict.fromkeys(("int_type", "int_parsing", "int_parsing_size", "int_from_float"), "must be a whole number"),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), "must be a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "must be true or false"),
    **dict.fromkeys(("literal_error", "enum"), "must be {expected}"),
    "string_type": "must be a string",
    "list_type": "must be a list",
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "must be an object"),
}


def _explain(detail: ErrorDetails) -> str:
    known = {"missing": "is missing", "extra_forbidden": "unknown member; check its spelling"}
    limits = detail.get("ctx", {})
    if detail["type"] == "string_too_short" and limits["min_length"] == 1:
        return "is empty; leave it out, or give at least one character"
    if detail["type"] == "string_too_long":
        return f"has more than {limits['max_length']} characters; shorten it"
    if (kind := _KINDS.get(detail["type"])) is not None:
        return kind.format(**limits)
    message = known.get(detail["type"]) or detail["msg"].removeprefix("Value error, ")
    if isinstance(detail.get("ctx", {}).get("error"), PathError) and isinstance(detail["input"], str):
        path = current_app.extensions[LOCATE](detail["input"])
        return f"{message}; did you mean {path}?" if path else message
    return message


def _ours(error: AvioError) -> Response:
    response = _problem(
        error.status,
        error.reason,
        for_the_caller(error),
        cure=error.cure,
        fields=error.fields if isinstance(error, BadRequest) else [],
        more=error.more if isinstance(error, BadRequest) else 0,
        retry_after=error.retry_after,
    )
    if isinstance(error, NotAuthenticated):
        code = "expired_token" if error.expired else "invalid_token"
        response.headers["WWW-Authenticate"] = f'QBox realm="avio", error="{code}"'
    return response


def for_the_caller(error: AvioError) -> str:
    """Return the message, for users without the addresses of stores and daemons; then the log has them."""
    if isinstance(error, NoMount) and (meant := current_app.extensions[BELOW_DIRECTORY](error.path)):
        return f"{error.message}; did you mean {meant}?"
    login = g.get("flask_httpauth_user")
    if not isinstance(error, EngineError) or (login is not None and login.admin):
        return error.message
    public = without_addresses(error.message)
    if public != error.message:
        log.warning("a user's request failed: %s", error.message, extra={"requestId": g.request_id})
    return public


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return Response(
            status=status, headers=[(name, text) for name, text in error.get_headers() if name == "Location"]
        )
    reason = {404: "NOT_FOUND", 413: "TOO_LARGE"}.get(status, HTTPStatus(status).name)
    detail, cure = _PLAIN.get(status, (error.description or HTTPStatus(status).phrase, ""))
    response = _problem(status, reason, detail, cure=cure)
    response.headers.extend((name, text) for name, text in error.get_headers() if name in ("Allow", "Retry-After"))
    return response


def _database_away(error: Exception) -> Response:
    log.error("the database is unavailable: %s", error, extra={"requestId": g.request_id})
    return _ours(Unavailable("the database does not answer"))


def _redis_away(error: Exception) -> Response:
    log.error("Redis is unavailable: %s", error, extra={"requestId": g.request_id})
    return _ours(Unavailable("Redis does not answer"))


def _unexpected(error: Exception) -> Response:
    log.error("unexpected error", exc_info=error, extra={"requestId": g.request_id, "path": request.path})
    return _problem(500, "INTERNAL", "avio failed because of a defect", cure="report the requestId to your admin")


def _problem(
    status: int,
    reason: str,
    detail: str,
    *,
    cure: str = "",
    fields: Sequence[FieldError] = (),
    more: int = 0,
    retry_after: int | None = None,
) -> Response:
    document = problem(
        status, reason, detail, instance=request.path, request_id=g.request_id, cure=cure, fields=fields, more=more
    )
    response = Response(json.dumps(document), status, mimetype=MEDIA_TYPE)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response
