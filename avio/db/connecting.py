"""Opening the database of a URL: SQLite in WAL mode or PostgreSQL, behind a bounded pool.

Called once by each process that may use the database, after any fork. Nothing connects before the first query.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from peewee import Database, InterfaceError, OperationalError
from playhouse.pool import MaxConnectionsExceeded, PooledPostgresqlDatabase, PooledSqliteDatabase

from avio.db.models import database

# What a database that is away, or too busy to answer in time, raises.
AWAY = (OperationalError, InterfaceError, MaxConnectionsExceeded)

BUSY_SECONDS = 5
STALE_SECONDS = 300


def open_database(url: str, *, connections: int = 20) -> Database:
    """Bind the models to the database of `url`, with at most `connections` open at once; ValueError on a bad URL."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        opened = _sqlite(parts.path, connections)
    elif parts.scheme in ("postgresql", "postgres"):
        opened = _postgresql(url, connections)
    else:
        raise ValueError(
            f"{url.split(':')[0]!r} is no database; write sqlite:///path or postgresql://user:password@host/name"
        )
    database.initialize(opened)
    return opened


def _sqlite(path: str, connections: int) -> Database:
    """`sqlite:///var/avio.db` is relative to the working directory, `sqlite:////srv/avio.db` absolute."""
    file = Path(unquote(path.removeprefix("/")))
    if not file.name:
        raise ValueError("sqlite:/// names no file; write sqlite:///path/to/avio.db")
    file.parent.mkdir(parents=True, exist_ok=True)
    pragmas = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1, "busy_timeout": BUSY_SECONDS * 1000}
    return PooledSqliteDatabase(
        str(file),
        pragmas=pragmas,
        # The pool lends a connection to one thread at a time, not always to the one that opened it.
        check_same_thread=False,
        max_connections=connections,
        stale_timeout=STALE_SECONDS,
        timeout=BUSY_SECONDS,
    )


def _postgresql(url: str, connections: int) -> Database:
    parts = urlsplit(url)
    options: dict[str, Any] = {
        "connect_timeout": BUSY_SECONDS,
        "application_name": "avio",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,  # ms without an acknowledgement: a partition shows before a lease is over
        "options": f"-c statement_timeout={30_000} -c lock_timeout={BUSY_SECONDS * 1000}",
    }
    return PooledPostgresqlDatabase(
        None if not parts.path else url,
        max_connections=connections,
        stale_timeout=STALE_SECONDS,
        timeout=BUSY_SECONDS,
        **options,
    )


@contextmanager
def borrow() -> Iterator[None]:
    """Hold a connection of the pool for the length of a `with` block, then give it back; inside another, share it."""
    if not database.is_closed():
        yield
        return
    with database.connection_context():
        yield


def is_sqlite() -> bool:
    """Tell which of the two dialects the open database speaks."""
    return isinstance(database.obj, PooledSqliteDatabase)


def transaction() -> AbstractContextManager[Any]:
    """All or nothing. On SQLite the write lock is taken at once: a later upgrade would fail under other writers."""
    context: AbstractContextManager[Any] = database.atomic("IMMEDIATE") if is_sqlite() else database.atomic()
    return context
