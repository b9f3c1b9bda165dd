"""What a server needs before its first process: tables at our version, and somebody who may log in."""

import secrets

from avio.db.connection import AWAY, borrow, open_database, shut
from avio.db.schema import prepare
from avio.errors import BadRequest, Unavailable
from avio.passwords import require_long
from avio.rules import accounts
from avio.rules.callers import LOCAL_ADMIN

ADMIN = "admin"


def prepare_database(url: str, password: str | None) -> str | None:
    """Make or upgrade the tables, and the user `admin` where there is none.

    Return its password when it was made up here, None otherwise. Leaves no connection open.
    """
    try:
        open_database(url, connections=1)
        with borrow():
            prepare()
            if accounts.find_user(LOCAL_ADMIN, ADMIN) is not None:
                return None
            chosen = password or secrets.token_urlsafe(12)
            require_long(chosen)
            accounts.add_user(LOCAL_ADMIN, ADMIN, chosen, admin=True)
            return None if password else chosen
    except ValueError as error:
        raise BadRequest(f"database_url: {error}", cure="correct it: avio-server check shows the settings") from error
    except AWAY as error:
        raise Unavailable(
            f"the database is unavailable: {error}",
            cure="start it, or correct database_url: avio-server check",
        ) from error
    finally:
        shut()
