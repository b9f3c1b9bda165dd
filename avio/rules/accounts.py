"""The rules of users, logins and tokens. Used by web and admin."""

from avio import passwords
from avio.db import tokens, users
from avio.db.connection import borrow
from avio.db.models import Token, User
from avio.db.sql import now
from avio.db.tokens import Login
from avio.errors import Conflict, NotAuthenticated, NotFound
from avio.rules.callers import Caller, Right


def log_in(name: str, password: str, ttl: float) -> tuple[str, Login]:
    """Exchange a name and a password for a token of `ttl` seconds. Raise NotAuthenticated if they are wrong."""
    user = _verified(name, password)
    token = passwords.new_token()
    with borrow():
        expires_at = tokens.add(passwords.digest(token), user.uid, ttl)
    return token, Login(user.uid, user.name, user.admin, expires_at, expired=False, revoked=False)


def _verified(name: str, password: str) -> User:
    """Return the user. For an unknown name the answer is the same and takes as long."""
    with borrow():
        user = users.find(name)
    known = user if user is not None and user.disabled_at is None else None
    if passwords.verify_password(password, known.password_hash if known else None) and known is not None:
        return known
    refused = NotAuthenticated("the name or the password is wrong")
    refused.cure = "check both, or ask an admin to set a new password: avio-server user"
    raise refused


def look_up(token: str, ttl: float, max_age: float) -> Login:
    """Return the login of a token. Raise NotAuthenticated if it is unknown, revoked or expired.

    A valid token with less than two thirds of `ttl` seconds left gets `ttl` seconds again, at most `max_age` seconds
    after its login: whoever follows a job for days stays logged in.
    """
    digest = passwords.digest(token)
    with borrow():
        login = tokens.look_up(digest)
        if login is not None and login.is_worn(ttl, max_age) and tokens.renew(digest, ttl, max_age):
            login = tokens.look_up(digest)
    if login is None or login.revoked:
        raise NotAuthenticated("the token is invalid")
    if login.expired:
        raise NotAuthenticated("the token has expired", expired=True)
    return login


def log_out(token: str) -> None:
    """Revoke the token. Idempotent."""
    with borrow():
        tokens.revoke(passwords.digest(token))


def find_user(caller: Caller, name: str) -> User | None:
    """Return the user called `name`, disabled or not; None when there is none."""
    caller.require(Right.ADMINISTER)
    with borrow():
        return users.find(name)


def require_user(caller: Caller, name: str) -> User:
    """Return the user called `name`; NotFound when there is none."""
    found = find_user(caller, name)
    if found is None:
        raise NotFound(f"no such user: {name}", cure="avio-server user list shows all users")
    return found


def list_users(caller: Caller) -> list[User]:
    """Return the users by number."""
    caller.require(Right.ADMINISTER)
    with borrow():
        return users.everyone()


def add_user(caller: Caller, name: str, password: str, *, admin: bool = False) -> User:
    """Add a user with the next number; Conflict when the name is taken."""
    caller.require(Right.ADMINISTER)
    password_hash = passwords.hash_password(password)
    with borrow():
        made = users.create(name, password_hash, admin=admin)
    if made is None:
        raise Conflict(f"the user {name} exists already", cure="choose another name")
    return made


def set_password(caller: Caller, name: str, password: str) -> None:
    """Set a user's password and end all logins of the user. Raise NotFound if there is no such user."""
    require_user(caller, name)
    password_hash = passwords.hash_password(password)
    with borrow():
        users.set_password(name, password_hash)


def disable_user(caller: Caller, name: str, *, force: bool = False) -> bool:
    """Disable a user and end all logins of the user. Return False if disabled already.

    Raise NotFound if there is no such user, and Conflict for the last admin who can log in, unless `force`.
    """
    require_user(caller, name)
    with borrow():
        if not force and users.is_last_admin(name):
            raise Conflict(
                f"{name} is the last admin who can log in",
                cure="add another one first (avio-server user add NAME --admin), or disable this one with --force",
            )
        return users.disable(name)


def enable_user(caller: Caller, name: str) -> bool:
    """Enable a user. Return False if enabled already. Raise NotFound if there is no such user."""
    require_user(caller, name)
    with borrow():
        return users.enable(name)


def list_tokens(caller: Caller, name: str | None, limit: int) -> tuple[list[Token], float]:
    """Return the newest tokens, of the user `name` or of all, and the database's clock in epoch seconds."""
    caller.require(Right.ADMINISTER)
    uid = None if name is None else require_user(caller, name).uid
    with borrow():
        return tokens.newest(uid, limit), now()


def revoke_tokens(caller: Caller, prefix: str) -> None:
    """Revoke the tokens whose digest begins with `prefix`. Raise NotFound if there is no such valid token."""
    caller.require(Right.ADMINISTER)
    with borrow():
        revoked = tokens.revoke_like(prefix)
    if not revoked:
        raise NotFound(f"no such valid token: {prefix}", cure="avio-server token list shows all tokens")
