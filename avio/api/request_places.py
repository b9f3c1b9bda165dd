"""Each user's share of the threads: so many requests at once, the rest is refused. Run by web alone.

Requests without a valid token share the places of one user; readiness has as many of its own, so that
logins don't keep load balancers from their answer, and so have scrapes. Liveness and the files of the page need none. A
reply that is not streamed gives its place back before it is sent: `sockets` sends it without a thread.
"""

from typing import Any

from flask import Flask, Response, g, request

from avio.api import page_rules
from avio.api.gunicorn_log import ADMITTED
from avio.errors import TooMany
from avio.rules.places import Places

NOBODY = "nobody"
OWN = frozenset({"/readyz", "/metrics"})
FREE = frozenset({"/healthz"}) | page_rules.RULES


def register(app: Flask, places: Places) -> None:
    """Take a place for each request of `app`, after its user is known, and give it back at its very end."""

    def enter() -> None:
        if request.url_rule is None or request.url_rule.rule in FREE:
            return
        login = g.get("flask_httpauth_user")
        rule = request.url_rule.rule
        key: Any = login.uid if login is not None else rule if rule in OWN else NOBODY
        if not places.take(key):
            who = "clients that are not logged in have" if login is None else "you have"
            raise TooMany(f"{who} {places.limit} requests under way", cure="wait for some of them", retry_after=1)
        g.place = key
        if login is not None:
            request.environ[ADMITTED] = True

    def leave_after_stream(response: Response) -> Response:
        if response.is_streamed and "place" in g:
            key = g.pop("place")
            response.call_on_close(lambda: places.give_back(key))
        return response

    def leave(_: BaseException | None) -> None:
        if "place" in g:
            places.give_back(g.pop("place"))

    app.before_request(enter)
    app.after_request(leave_after_stream)
    app.teardown_request(leave)
