"""Becoming another user, for good. Only root can."""

import os
import pwd
from dataclasses import dataclass

from avio.isolation.calls import Unavailable


@dataclass(frozen=True, slots=True)
class User:
    """A user of the system, by numbers."""

    name: str
    uid: int
    gid: int


def find_user(name: str) -> User:
    """Return the user `name`; ValueError when there is none, or it is root."""
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        raise ValueError(f"job_user: there is no user {name!r}; make one, e.g. useradd --system {name}") from None
    if found.pw_uid == 0:
        raise ValueError("job_user: root gives up nothing; name another user")
    return User(name, found.pw_uid, found.pw_gid)


def become(user: User) -> None:
    """Give up every right but those of `user`. It clears the parent-death signal, which must be set afterwards."""
    if os.geteuid() != 0:
        raise Unavailable("only root can become another user")
    os.setgroups([])
    os.setresgid(user.gid, user.gid, user.gid)
    os.setresuid(user.uid, user.uid, user.uid)
