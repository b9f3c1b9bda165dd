"""Queries on groups of users, and on what sets the turn of a user: weight, group, limit. Used by admin."""

from collections.abc import Mapping
from typing import Any

from avio.db.connection import transaction
from avio.db.models import User, UserGroup
from avio.db.sql import change, row, rows


def find(name: str) -> UserGroup | None:
    """Return the group called `name`."""
    found: UserGroup | None = UserGroup.get_or_none(UserGroup.name == name)
    return found


def set_user(name: str, values: Mapping[str, Any]) -> None:
    """Set some of weight, group_name, jobs_max and may_overtake of a user."""
    User.update(**values).where(User.name == name).execute()


def put(name: str, values: Mapping[str, Any]) -> bool:
    """Add a group or change it. Return True if it was added."""
    with transaction():
        added = change("INSERT INTO user_groups (name) VALUES (?) ON CONFLICT (name) DO NOTHING", name) > 0
        if values:
            UserGroup.update(**values).where(UserGroup.name == name).execute()
    return added


def delete(name: str) -> int | None:
    """Delete a group without users. Return how many users keep it, or None if there is no such group."""
    with transaction():
        if row("SELECT 1 FROM user_groups WHERE name = ? {deleting}", name) is None:
            return None
        found = row("SELECT count(*) FROM users WHERE group_name = ?", name)
        users = int(found[0]) if found else 0
        if not users:
            change("DELETE FROM user_groups WHERE name = ?", name)
    return users


def everyone() -> list[dict[str, Any]]:
    """Return name, weight, jobs_max and the number of users of each group, by name."""
    found = rows(
        "SELECT g.name, g.weight, g.jobs_max, count(u.uid) FROM user_groups g"
        " LEFT JOIN users u ON u.group_name = g.name GROUP BY g.name, g.weight, g.jobs_max ORDER BY g.name LIMIT 1000"
    )
    return [dict(zip(("name", "weight", "jobs_max", "users"), each, strict=True)) for each in found]
