"""Becoming another user, for good. Only root can."""

import os
import pwd
from dataclasses import dataclass

from avio.isolation.calls import Unavailable
from avio.isolation.capabilities import empty_bounding_set


@dataclass(frozen=True, slots=True)
class User:
    """A user of the system, by numbers."""

    name: str
    uid: int
    gid: int


def find_user(name: str) -> User:
    """Return the user `name`. Raise ValueError if there is none, or if it is root."""
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        raise ValueError(f"job_user: no such user {name!r}; create it, e.g. useradd --system {name}") from None
    if found.pw_uid == 0:
        raise ValueError("job_user: must not be root; set another user")
    return User(name, found.pw_uid, found.pw_gid)


def become(user: User) -> None:
    """Become `user` and give up all other rights. This clears the parent-death signal: set that afterwards."""
    if os.geteuid() != 0:
        raise Unavailable("only root can become another user")
    empty_bounding_set()  # while it may
    os.setgroups([])
    os.setresgid(user.gid, user.gid, user.gid)
    os.setresuid(user.uid, user.uid, user.uid)
