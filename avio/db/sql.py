"""Raw SQL through peewee's connection, written once for both dialects.

`?` is a parameter; `{now}` the database's clock in epoch seconds; `{greatest}` the function; `{skip_locked}` has
a subquery leave out rows that another transaction is at.
"""

from typing import Any

from peewee import __exception_wrapper__  # type: ignore[attr-defined]  # the stubs don't know it
from psycopg2.extras import execute_batch

from avio.db.connecting import is_sqlite
from avio.db.models import database

# SQLite below 3.42 has no unixepoch('subsec'): it would be NULL, and a comparison with it never true.
_SQLITE = {"now": "((julianday('now') - 2440587.5) * 86400.0)", "greatest": "max", "skip_locked": ""}
_POSTGRESQL = {
    "now": "extract(epoch from clock_timestamp())::double precision",
    "greatest": "greatest",
    "skip_locked": "FOR UPDATE SKIP LOCKED",
}


def dialect(statement: str) -> str:
    """Return `statement` as the open database wants it."""
    if is_sqlite():
        return statement.format(**_SQLITE)
    return statement.format(**_POSTGRESQL).replace("?", "%s")


def rows(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Run `statement` and return all its rows: keep them few by LIMIT."""
    cursor = database.execute_sql(dialect(statement), parameters)
    return list(cursor.fetchall())


def row(statement: str, *parameters: Any) -> tuple[Any, ...] | None:
    """Run `statement` and return its first row, or None."""
    found = rows(statement, *parameters)
    return found[0] if found else None


def change(statement: str, *parameters: Any) -> int:
    """Run a write and return how many rows it changed: 0 means that a guard said no."""
    return int(database.execute_sql(dialect(statement), parameters).rowcount)


def change_many(statement: str, parameters: list[tuple[Any, ...]]) -> None:
    """Run a write once for each of `parameters`, in one transaction of the caller's."""
    if not parameters:
        return
    cursor = database.cursor()
    with __exception_wrapper__:  # the driver's errors become peewee's here too
        if is_sqlite():
            cursor.executemany(dialect(statement), parameters)
        else:
            execute_batch(cursor, dialect(statement), parameters, page_size=500)


def now() -> float:
    """Return the database's clock in epoch seconds."""
    found = row("SELECT {now}")
    assert found is not None
    return float(found[0])
