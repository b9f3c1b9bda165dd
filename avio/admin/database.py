"""Opening the database for one admin command, with errors that an admin can act on."""

from collections.abc import Iterator
from contextlib import contextmanager

from avio.config import Settings
from avio.db.connection import AWAY, NoDatabase, borrow, open_database, shut
from avio.db.schema import require_current
from avio.errors import BadRequest, NotFound, Unavailable


@contextmanager
def opened(settings: Settings, *, current: bool = True, make: bool = False) -> Iterator[None]:
    """Hold the database of `settings` for a `with` block.

    `current` also asks that its tables are at our version. `make` makes an SQLite file that is missing.
    """
    try:
        _open(settings.database_url, make=make)
        with borrow():
            if current:
                require_current()
            yield
    except AWAY as error:
        raise Unavailable(
            f"the database is unavailable: {error}", cure="start it, or correct database_url: avio-server check"
        ) from error
    finally:
        shut()


def _open(url: str, *, make: bool) -> None:
    try:
        open_database(url, connections=1, make=make)
    except NoDatabase as error:
        raise NotFound(
            str(error),
            cure="avio-server db init makes it, and so does the first avio-server up, of which --home finds it",
        ) from error
    except ValueError as error:
        raise BadRequest(f"database_url: {error}", cure="correct it: avio-server check shows the settings") from error
