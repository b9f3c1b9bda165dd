"""The rules of weights, groups and limits of users. Used by admin."""

from collections.abc import Mapping
from typing import Any

from avio.db import groups
from avio.db.connection import borrow
from avio.errors import BadRequest, Conflict, NotFound
from avio.rules import accounts
from avio.rules.callers import Caller, Right

MAX_WEIGHT = 1000
MAX_NAME = 64


def set_user(caller: Caller, name: str, values: Mapping[str, Any]) -> None:
    """Set weight, group_name, jobs_max or may_overtake of a user. NotFound without the user, or the group."""
    accounts.require_user(caller, name)
    with borrow():
        if (group := values.get("group_name")) is not None and groups.find(group) is None:
            raise _no_group(group)
        groups.set_user(name, values)


def set_group(caller: Caller, name: str, values: Mapping[str, Any]) -> bool:
    """Add a group, or set its weight or jobs_max. Return True if it was added."""
    caller.require(Right.ADMINISTER)
    if not name.isprintable() or not 0 < len(name) <= MAX_NAME or name.strip() != name:
        raise BadRequest(f"NAME must be 1 to {MAX_NAME} printable characters, without blanks around it")
    with borrow():
        return groups.put(name, values)


def delete_group(caller: Caller, name: str) -> None:
    """Delete a group. NotFound if there is none, Conflict if it has users."""
    caller.require(Right.ADMINISTER)
    with borrow():
        if (users := groups.delete(name)) is None:
            raise _no_group(name)
    if users:
        raise Conflict(
            f"group {name} has {users} user{'' if users == 1 else 's'}",
            cure="take them out of it first: avio-server user set NAME --no-group",
        )


def list_groups(caller: Caller) -> list[dict[str, Any]]:
    """Return name, weight, jobs_max and number of users of each group, by name."""
    caller.require(Right.ADMINISTER)
    with borrow():
        return groups.everyone()


def _no_group(name: str) -> NotFound:
    return NotFound(f"no such group: {name}", cure=f"avio-server group list shows them; avio-server group set {name}")
