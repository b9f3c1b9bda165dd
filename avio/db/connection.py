"""Opening the database of a URL: SQLite in WAL mode or PostgreSQL, behind a bounded pool.

Called once by each process that may use the database, after any fork. Nothing connects before the first query.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from peewee import Database, PeeweeException
from playhouse.pool import MaxConnectionsExceeded, PooledPostgresqlDatabase, PooledSqliteDatabase
from psycopg2 import ProgrammingError
from psycopg2.extensions import parse_dsn

from avio.db.away import DatabaseAway, driver_error, is_away
from avio.db.models import database

# What `borrow` raises if the database is unavailable, or too busy to answer in time.
AWAY = (DatabaseAway,)

BUSY_SECONDS = 5
STALE_SECONDS = 300


class NoDatabase(ValueError):
    """The SQLite file of the URL is missing."""


def open_database(url: str, *, connections: int = 20, make: bool = True) -> Database:
    """Bind the models to the database of `url`, with at most `connections` at once. Raise ValueError for a bad URL.

    Without `make`, a missing SQLite file is not made: NoDatabase.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        opened = _sqlite(parts.path, connections, make=make)
    elif parts.scheme in ("postgresql", "postgres"):
        opened = _postgresql(url, connections)
    else:
        raise ValueError(
            f"{url.split(':')[0]!r} is not a database; write sqlite:///path or postgresql://user:password@host/name"
        )
    database.initialize(opened)
    return opened


def _sqlite(path: str, connections: int, *, make: bool) -> Database:
    """`sqlite:///var/avio.db` is relative to the working directory, `sqlite:////srv/avio.db` absolute."""
    file = Path(unquote(path.removeprefix("/")))
    if not file.name:
        raise ValueError("sqlite:/// names no file; write sqlite:///path/to/avio.db")
    if make:
        file.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):  # it is there, or SQLite will say why it can't be made. SQLite's would be 0644
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    elif not file.exists():
        raise NoDatabase(f"the database {file.absolute()} does not exist")
    pragmas = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1, "busy_timeout": BUSY_SECONDS * 1000}
    return PooledSqliteDatabase(
        str(file),
        pragmas=pragmas,
        # The pool gives a connection to one thread at a time. It need not be the thread that opened it.
        check_same_thread=False,
        max_connections=connections,
        stale_timeout=STALE_SECONDS,
        timeout=BUSY_SECONDS,
    )


def _postgresql(url: str, connections: int) -> Database:
    parts = urlsplit(url)
    try:
        parse_dsn(url)
    except ProgrammingError:  # its words have a part of the URL, perhaps of the password
        raise ValueError("the URL has an option behind its ? that libpq does not know, or is none") from None
    options: dict[str, Any] = {
        "connect_timeout": BUSY_SECONDS,
        "application_name": "avio",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,  # ms without an acknowledgement: shorter than a lease
        "options": f"-c statement_timeout={30_000} -c lock_timeout={BUSY_SECONDS * 1000}",
    }
    return PooledPostgresqlDatabase(
        None if not parts.path else url,
        max_connections=connections,
        stale_timeout=STALE_SECONDS,
        timeout=BUSY_SECONDS,
        **options,
    )


def shut() -> None:
    """Close the database, if one is open. A connection that another thread uses stays: SQLite crashes without it."""
    if database.obj is not None:
        database.obj.close()
        database.obj.close_idle()


@contextmanager
def borrow() -> Iterator[None]:
    """Take a connection of the pool for a `with` block, then return it. A nested block shares it.

    Raises DatabaseAway, also for an error of the block, if the database is unavailable. Other errors of it stay.
    """
    try:
        if not database.is_closed():
            yield
            return
        with database.connection_context():
            yield
    except (PeeweeException, MaxConnectionsExceeded) as error:
        if is_away(error):
            raise DatabaseAway(str(driver_error(error)).strip()) from error
        raise


def is_sqlite() -> bool:
    """Return the dialect of the open database."""
    return isinstance(database.obj, PooledSqliteDatabase)


def transaction() -> AbstractContextManager[Any]:
    """A transaction. SQLite takes the write lock at once: taking it later fails under other writers."""
    context: AbstractContextManager[Any] = database.atomic("IMMEDIATE") if is_sqlite() else database.atomic()
    return context
