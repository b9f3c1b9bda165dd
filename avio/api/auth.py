"""Authentication: Flask-HTTPAuth with the scheme QBox, for every route except the public ones. Run by web alone.

The token comes in the Authorization header alone: queries end up in logs.
"""

from typing import NoReturn

from flask import Flask, g, request
from flask_httpauth import HTTPTokenAuth

from avio.api import page_rules
from avio.api.services import services
from avio.errors import NotAuthenticated
from avio.rules import accounts
from avio.rules.callers import Caller
from avio.rules.types import Login

OPEN = frozenset({"/login", "/healthz", "/readyz", "/openapi.json", "/metrics"}) | page_rules.RULES

# Bytes of a body from a client without a token.
OPEN_BODY_MAX = 16 << 10

auth = HTTPTokenAuth(scheme="QBox", realm="avio")


def register(app: Flask) -> None:
    """Check the token before the shapes: a caller without one learns nothing."""
    app.before_request(_authenticate)


def _authenticate() -> None:
    if request.url_rule is not None and request.url_rule.rule not in OPEN:
        _demand_login()
    else:
        request.max_content_length = OPEN_BODY_MAX


def _refuse(status: int) -> NoReturn:
    raise NotAuthenticated("no token was sent; send Authorization: QBox <token>")


def look_up(sent: str) -> Login:
    """Return the login of a token, renewed by its use. Raise NotAuthenticated if it is unknown, revoked or expired."""
    settings = services().settings
    return accounts.look_up(sent, settings.token_ttl, settings.token_max_age)


auth.verify_token(look_up)
auth.error_handler(_refuse)
_demand_login = auth.login_required(lambda: None)


def login() -> Login:
    """Return the login behind this request."""
    found: Login = g.flask_httpauth_user
    return found


def caller() -> Caller:
    """Return the caller, for the rules."""
    found = login()
    return Caller(found.uid, found.name, found.admin, found.may_overtake)


def token() -> str:
    """Return the token that this request came with."""
    return str(auth.get_auth().token)
