"""What a server needs before its first process: tables at our version, and somebody who may log in."""

import secrets
from typing import NamedTuple

from avio.db.connection import AWAY, borrow, open_database, shut
from avio.db.schema import prepare
from avio.errors import BadRequest, Unavailable
from avio.passwords import require_long, verify_password
from avio.rules import accounts
from avio.rules.callers import LOCAL_ADMIN

ADMIN = "admin"


class Prepared(NamedTuple):
    """The `password` of a new `admin` if it was made up. `is_other` if the user was there, with another than given."""

    password: str | None = None
    is_other: bool = False


def prepare_database(url: str, password: str | None) -> Prepared:
    """Make or upgrade the tables, and the user `admin` where there is none. Leaves no connection open."""
    try:
        open_database(url, connections=1)
        with borrow():
            prepare()
            there = accounts.find_user(LOCAL_ADMIN, ADMIN)
            if there is not None:
                return Prepared(is_other=password is not None and not verify_password(password, there.password_hash))
            chosen = password or secrets.token_urlsafe(12)
            require_long(chosen)
            accounts.add_user(LOCAL_ADMIN, ADMIN, chosen, admin=True)
            return Prepared(None if password else chosen)
    except ValueError as error:
        raise BadRequest(f"database_url: {error}", cure="correct it: avio-server check shows the settings") from error
    except AWAY as error:
        raise Unavailable(
            f"the database is unavailable: {error}",
            cure="start it, or correct database_url: avio-server check",
        ) from error
    finally:
        shut()
