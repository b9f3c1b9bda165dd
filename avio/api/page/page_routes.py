"""Serves the page: its shell at `/`, its files below `/page/`. Run by web alone.

Browsers ask each time whether a file has changed, so that no page is put together from two versions of avio.
"""

from flask import Blueprint, Response, abort, request

from avio.api import page_rules
from avio.api.page.page_files import SHELL, page_files

# The page may load from this server alone: no script in its text, no other host, no frame around it.
POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"

page = Blueprint("page", __name__)


@page.get(page_rules.SHELL)
def shell() -> Response:
    """Return the document that loads all else."""
    return _reply(SHELL)


@page.get(page_rules.FILE)
def file(name: str) -> Response:
    """Return a script, a style sheet or a picture of the page."""
    return _reply(name)


def _reply(name: str) -> Response:
    found = page_files().get(name)
    if found is None:
        abort(404)
    is_packed = request.accept_encodings.quality("gzip") > 0
    response = Response(found.packed if is_packed else found.body, content_type=found.content_type)
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(f"{found.digest}{'-gzip' * is_packed}")
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    response.make_conditional(request)
    return response
