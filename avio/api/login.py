"""Login, logout, whoami."""

from typing import Any

from flask import request

from avio.api import serializers
from avio.api.auth import login, token
from avio.api.blueprints import blueprint, problems
from avio.api.requests import LoginBody, Nothing
from avio.api.responses import LoginInfo, Whoami
from avio.api.services import services
from avio.errors import NotAuthenticated
from avio.rules import accounts

public = blueprint("login", is_open=True)
session = blueprint("session")


@public.post("/login", responses={200: LoginInfo, **problems(401, 413, 415)})
def log_in(query: Nothing, body: LoginBody) -> dict[str, Any]:
    """Exchange a name and a password for a token."""
    address = request.remote_addr or ""
    throttle, settings = services().throttle, services().settings
    lane = services().familiar if throttle.enter(body.name, address) else services().strangers
    with lane.turn(address):
        try:
            made, opened = accounts.log_in(body.name, body.password, settings.token_ttl)
        except NotAuthenticated:
            throttle.failed(body.name, address)
            raise
    throttle.succeeded(body.name, address)
    return {"authToken": made, **serializers.whoami(opened, services().zone)}


@session.post("/logout", responses={204: None})
def log_out(query: Nothing) -> tuple[str, int]:
    """Revoke the token of this request."""
    accounts.log_out(token())
    return "", 204


@session.get("/whoami", responses={200: Whoami})
def whoami(query: Nothing) -> dict[str, Any]:
    """Return the user of the token."""
    return serializers.whoami(login(), services().zone)
