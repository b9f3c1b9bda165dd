"""Opening the database for one admin command, with errors that an admin can act on."""

from collections.abc import Iterator
from contextlib import contextmanager

from avio.config import Settings, load
from avio.db.connecting import AWAY, borrow, open_database
from avio.db.models import database
from avio.db.schema import require_current
from avio.errors import BadRequest, Unavailable


@contextmanager
def opened(*, current: bool = True) -> Iterator[Settings]:
    """Hold the configured database for a `with` block; `current` also asks that its tables are at our version."""
    settings = load()
    try:
        open_database(settings.database_url, connections=1)
        with borrow():
            if current:
                require_current()
            yield settings
    except ValueError as error:
        raise BadRequest(f"database_url: {error}", cure="see avio-server check") from error
    except AWAY as error:
        raise Unavailable(f"the database does not answer: {error}", cure="see avio-server check") from error
    finally:
        if database.obj is not None:
            database.obj.close_all()
