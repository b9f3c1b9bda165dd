"""Queries on users. Used by web (login) and admin."""

from collections.abc import Collection

from avio.db.connection import transaction
from avio.db.models import User
from avio.db.sql import change, now, row


def find(name: str) -> User | None:
    """Return the user called `name`, disabled or not."""
    found: User | None = User.get_or_none(User.name == name)
    return found


def get(uid: int) -> User | None:
    """Return the user with this number, disabled or not."""
    found: User | None = User.get_or_none(User.uid == uid)
    return found


def names(uids: Collection[int]) -> dict[int, str]:
    """Return the names of some users by their numbers."""
    return {user.uid: user.name for user in User.select(User.uid, User.name).where(User.uid.in_(list(uids)))}


def create(name: str, password_hash: str, *, admin: bool = False) -> User | None:
    """Add a user with the next number. Return None if the name is taken."""
    with transaction():
        if find(name) is not None:
            return None
        last = row("SELECT coalesce(max(uid), 0) FROM users")
        assert last is not None
        user: User = User.create(uid=last[0] + 1, name=name, password_hash=password_hash, admin=admin, created_at=now())
        return user


def set_password(name: str, password_hash: str) -> bool:
    """Set a user's password and revoke the user's tokens. Return False if there is no such user."""
    with transaction():
        changed = change("UPDATE users SET password_hash = ? WHERE name = ?", password_hash, name)
        _end_logins(name)
    return changed > 0


def disable(name: str) -> bool:
    """Disable a user and revoke the user's tokens. Return False if there is no such enabled user."""
    with transaction():
        changed = change("UPDATE users SET disabled_at = {now} WHERE name = ? AND disabled_at IS NULL", name)
        _end_logins(name)
    return changed > 0


def is_last_admin(name: str) -> bool:
    """Return True if `name` is an enabled admin, and no other one is."""
    admins = User.select(User.name).where(User.admin, User.disabled_at.is_null()).limit(2)
    return [each.name for each in admins] == [name]


def enable(name: str) -> bool:
    """Enable a disabled user. Return False if there is no such disabled user."""
    return change("UPDATE users SET disabled_at = NULL WHERE name = ? AND disabled_at IS NOT NULL", name) > 0


def everyone(limit: int = 1000) -> list[User]:
    """Return the users by number, at most `limit`."""
    return list(User.select().order_by(User.uid).limit(limit))


def _end_logins(name: str) -> None:
    change(
        "UPDATE tokens SET revoked_at = {now}"
        " WHERE revoked_at IS NULL AND uid = (SELECT uid FROM users WHERE name = ?)",
        name,
    )
