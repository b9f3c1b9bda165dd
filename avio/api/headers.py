"""What every request and reply carries: the request id, and headers that keep browsers and caches out of mischief."""

import re
import uuid

from flask import Flask, Response, g, request

_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def register(app: Flask) -> None:
    """Give each request its id first of all, and each reply its headers."""
    app.before_request(_name_request)
    app.after_request(_add_headers)


def _name_request() -> None:
    """The client's own id when it is sane, so that its logs and ours tell of the same request."""
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex


def _add_headers(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return response
