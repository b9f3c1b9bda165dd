"""Headers of every request and reply: the request id, and security headers for browsers and caches."""

import re
import uuid

from flask import Flask, Response, g, request

from avio.wire import traces

_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def register(app: Flask) -> None:
    """Give each request its id, and each reply its headers."""
    app.before_request(_name_request)
    app.after_request(_add_headers)


def _name_request() -> None:
    """Take the client's own id and trace if they are valid, so that its logs and ours have the same."""
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex
    traces.current.set(traces.parse(request.headers.get("traceparent")))  # the access log is the last to need it


def _add_headers(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")  # the page says otherwise of its own files
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    return response
