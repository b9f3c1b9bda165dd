"""What a server needs before its first process: tables at our version, and somebody who may log in."""

import secrets

from avio.db import users
from avio.db.connecting import AWAY, borrow, open_database
from avio.db.models import database
from avio.db.schema import prepare
from avio.errors import BadRequest, Unavailable
from avio.passwords import hash_password

ADMIN = "admin"


def prepare_database(url: str, password: str | None) -> str | None:
    """Make or upgrade the tables, and the user `admin` where there is none.

    Return its password when it was made up here, None otherwise. Leaves no connection open.
    """
    try:
        open_database(url, connections=1)
        with borrow():
            prepare()
            if users.find(ADMIN) is not None:
                return None
            chosen = password or secrets.token_urlsafe(12)
            users.create(ADMIN, hash_password(chosen), admin=True)
            return None if password else chosen
    except ValueError as error:
        raise BadRequest(f"database_url: {error}") from error
    except AWAY as error:
        raise Unavailable(
            f"the database does not answer: {error}",
            cure="check that it is up, and database_url: avio-server check",
        ) from error
    finally:
        if database.obj is not None:
            database.obj.close_all()
