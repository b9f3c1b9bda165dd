"""Login, logout, whoami."""

from typing import Any

from flask import request

from avio import passwords
from avio.api import showing
from avio.api.asked import LoginBody, Nothing
from avio.api.auth import login, token_digest
from avio.api.parts import parts
from avio.api.replies import LoginInfo, Whoami
from avio.api.rooms import problems, room
from avio.db import tokens, users
from avio.db.connecting import borrow
from avio.db.models import User
from avio.errors import NotAuthenticated

door = room("login", is_open=True)
session = room("session")


@door.post("/login", responses={200: LoginInfo, **problems(401, 413, 415)})
def log_in(query: Nothing, body: LoginBody) -> dict[str, Any]:
    """Trade a name and a password for a token."""
    address = request.remote_addr or ""
    parts().throttle.enter(body.name, address)
    user = _verified(body)
    parts().throttle.clear(body.name, address)
    token = passwords.new_token()
    digest = passwords.digest(token)
    with borrow():
        expires_at = tokens.add(digest, user.uid, parts().settings.token_ttl)
    opened = tokens.Login(user.uid, user.name, user.admin, expires_at, expired=False, revoked=False)
    return {"authToken": token, **showing.whoami(opened, parts().zone)}


def _verified(body: LoginBody) -> User:
    """Return whose name and password these are; the answer takes as long, and says the same, for a stranger."""
    with borrow():
        user = users.find(body.name)
    known = user if user is not None and user.disabled_at is None else None
    if passwords.verify_password(body.password, known.password_hash if known else None) and known is not None:
        return known
    refused = NotAuthenticated("name or password is wrong")
    refused.cure = "check both, or ask an admin: avio-server user"
    raise refused


@session.post("/logout", responses={204: None})
def log_out(query: Nothing) -> tuple[str, int]:
    """Revoke the token that this request comes with."""
    with borrow():
        tokens.revoke(token_digest())
    return "", 204


@session.get("/whoami", responses={200: Whoami})
def whoami(query: Nothing) -> dict[str, Any]:
    """Tell whose token this is."""
    return showing.whoami(login(), parts().zone)
