"""Every error as one problem document (RFC 9457): ours, werkzeug's, refused shapes, a part that is away, bugs.

Registered by `create_app`; a route raises and never formats.
"""

import json
import logging
from http import HTTPStatus

from flask import Flask, Response, g, request
from pydantic import ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails
from werkzeug.exceptions import HTTPException

from avio import streams
from avio.db.connecting import AWAY
from avio.errors import AvioError, BadRequest, FieldError, NotAuthenticated, Unavailable

MEDIA_TYPE = "application/problem+json"

log = logging.getLogger(__name__)

# Werkzeug speaks to people with browsers; ours have programs.
_PLAIN = {
    404: ("there is no such page", "see /openapi.json for what there is"),
    405: ("this page has no such method", "see the Allow header"),
    413: ("the body is too large", "send less; paths by the thousand go through POST /filelists"),
}


def register(app: Flask) -> None:
    """Let every exception of `app` end in a problem document."""
    app.register_error_handler(AvioError, _ours)
    app.register_error_handler(HTTPException, _http)
    for database_error in AWAY:
        app.register_error_handler(database_error, _database_away)
    for redis_error in streams.AWAY:
        app.register_error_handler(redis_error, _redis_away)
    app.register_error_handler(Exception, _unexpected)


def refuse(error: ValidationError) -> None:
    """Raise BadRequest with every field error at once; flask-openapi3 calls this."""
    fields = [FieldError(_name(detail), _explain(detail)) for detail in error.errors()]
    names = ", ".join(field.field or "the body" for field in fields)
    raise BadRequest(
        f"the request is refused for {names}", fields, cure="correct what errors[] names; /openapi.json has the shapes"
    )


def _name(detail: ErrorDetails) -> str:
    """Return the member's path as the client wrote it: of defaults pydantic gives the name that it has in Python."""
    written = detail["type"] == "extra_forbidden"
    return ".".join(part if written or "_" not in part else to_camel(part) for part in map(str, detail["loc"]))


def _explain(detail: ErrorDetails) -> str:
    known = {"missing": "is missing", "extra_forbidden": "there is no such member; check its spelling"}
    return known.get(detail["type"]) or detail["msg"].removeprefix("Value error, ")


def _ours(error: AvioError) -> Response:
    response = _problem(
        error.status,
        error.reason,
        error.message,
        cure=error.cure,
        fields=error.fields if isinstance(error, BadRequest) else [],
        retry_after=error.retry_after,
    )
    if isinstance(error, NotAuthenticated):
        code = "expired_token" if error.expired else "invalid_token"
        response.headers["WWW-Authenticate"] = f'QBox realm="avio", error="{code}"'
    return response


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
    log.error("the database is away: %s", error, extra={"requestId": g.request_id})
    return _ours(Unavailable("the database does not answer"))


def _redis_away(error: Exception) -> Response:
    log.error("Redis is away: %s", error, extra={"requestId": g.request_id})
    return _ours(Unavailable("Redis does not answer"))


def _unexpected(error: Exception) -> Response:
    log.error("unexpected error", exc_info=error, extra={"requestId": g.request_id, "path": request.path})
    return _problem(500, "INTERNAL", "something went wrong in avio itself", cure="give the requestId to your admin")


def _problem(
    status: int,
    reason: str,
    detail: str,
    *,
    cure: str = "",
    fields: list[FieldError] | None = None,
    retry_after: int | None = None,
) -> Response:
    document = {
        "type": "urn:avio:problem:" + reason.lower().replace("_", "-"),
        "title": reason.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        "instance": request.path,
        "reason": reason,
        "requestId": g.request_id,
        "cure": cure,
        "errors": [{"field": field.field, "message": field.message} for field in fields or []],
    }
    response = Response(json.dumps(document), status, mimetype=MEDIA_TYPE)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response
