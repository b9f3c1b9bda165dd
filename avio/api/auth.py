"""Who asks: Flask-HTTPAuth with the scheme QBox, in front of every route but the open ones. Read by web alone.

The token comes in the Authorization header and nowhere else: a query ends up in logs.
"""

from typing import NoReturn

from flask import Flask, g, request
from flask_httpauth import HTTPTokenAuth

from avio import passwords
from avio.db import tokens
from avio.db.connecting import borrow
from avio.errors import NotAuthenticated
from avio.jobs import Caller

OPEN = frozenset({"/login", "/healthz", "/readyz", "/openapi.json"})

auth = HTTPTokenAuth(scheme="QBox", realm="avio")


def register(app: Flask) -> None:
    """Ask for a token before shapes are checked: who has none learns nothing."""
    app.before_request(_authenticate)


def _authenticate() -> None:
    if request.url_rule is not None and request.url_rule.rule not in OPEN:
        _demand_login()


def _look_up(token: str) -> tokens.Login:
    with borrow():
        login = tokens.look_up(passwords.digest(token))
    if login is None or login.revoked:
        raise NotAuthenticated("the token is not valid")
    if login.expired:
        raise NotAuthenticated("the token has expired", expired=True)
    return login


def _refuse(status: int) -> NoReturn:
    raise NotAuthenticated("no token was sent; send Authorization: QBox <token>")


auth.verify_token(_look_up)
auth.error_handler(_refuse)
_demand_login = auth.login_required(lambda: None)


def login() -> tokens.Login:
    """Return the login behind this request."""
    found: tokens.Login = g.flask_httpauth_user
    return found


def caller() -> Caller:
    """Return who asks, as the rules know them."""
    found = login()
    return Caller(found.uid, found.name, found.admin)


def token_digest() -> str:
    """Return the digest of the token that this request came with."""
    return passwords.digest(auth.get_auth().token)
