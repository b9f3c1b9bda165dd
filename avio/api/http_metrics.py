"""How long requests take, by route: a template, never a path. Run by web alone."""

import re
import time

from flask import Flask, Response, g, request

from avio.metrics.declared import HTTP
from avio.metrics.observed import Observed

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE = "none"
OTHER = "other"

_WAITS = re.compile(rb"(?:^|&)wait=(?!0*(?:&|$))")  # the text alone: a query that is refused is not parsed


def register(app: Flask, observed: Observed) -> None:
    """Observe each request of `app`, until the head of its reply is there. Before all others that register."""

    def begin() -> None:
        g.began = time.monotonic()

    def end(response: Response) -> Response:
        method = request.method if request.method in METHODS else OTHER
        observed.observe(HTTP, time.monotonic() - g.began, method, route(), str(response.status_code))
        return response

    app.before_request(begin)
    app.after_request(end)


def route() -> str:
    """Return the template of the route of this request. One that waits because it was asked to stands apart."""
    if request.url_rule is None:
        return NO_ROUTE
    template = request.url_rule.rule.replace("<ulid:", "{").replace("<", "{").replace(">", "}")
    return f"{template}?wait" if _WAITS.search(request.query_string) else template
