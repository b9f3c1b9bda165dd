"""Raw SQL through peewee's connection, written once for both dialects.

`?` is a parameter; the words in braces are those of `_SQLITE` and `_POSTGRESQL`, and of `avio.db.counters`.
"""

from typing import Any

from peewee import __exception_wrapper__  # type: ignore[attr-defined]  # missing in the stubs
from psycopg2.extras import execute_batch

from avio.db.connection import is_sqlite
from avio.db.counters import counter_words
from avio.db.models import database
from avio.wire.states import OWNED, UNFINISHED, State


def _listed(states: frozenset[State]) -> str:
    """Return `states` as an SQL list, in the order of the enum."""
    return "(" + ", ".join(f"'{state}'" for state in State if state in states) + ")"


owned = _listed(OWNED)

_WORDS = {
    "no_pace": "speed_bps = 0, in_flight = NULL, bytes_in_flight = NULL, waits = NULL,"
    " reserved = NULL, eta_p50 = NULL, eta_p90 = NULL",
    "owned": owned,
    "unfinished": _listed(UNFINISHED),
    "held_by_user": f"(SELECT uid, count(*) AS jobs FROM jobs WHERE state IN {owned} GROUP BY uid) AS held",  # noqa: S608
}

# now: the database's clock in epoch seconds. skip_locked: a subquery skips rows that another transaction has locked.
# skip_locked_j: a row of `j` is locked as by a change, or left out if another transaction changes it.
# no_pace: sets the columns that an attempt at work alone has.
# held_by_user: a table of the users whose jobs nodes have, and of how many.
# shared: a query locks its rows against deletion, and waits for one. deleting: it waits for all such locks.
# alone: it locks its rows against changes, but not against rows that point at them.
# keeps_alone: transactions that make keeps or free jobs come one by one; SQLite has one that writes at a time.
# counts_alone: one transaction at a time counts; false in the others.
# bytewise: the text before it is compared byte by byte. owned, unfinished: lists of states.
# by_turn: the jobs before it are read in the order of jobs_turn, of which SQLite thinks less than of other indexes.
# In SQLite below 3.42 unixepoch('subsec') is NULL, and a comparison with NULL is never true.
_SQLITE = {
    "now": "((julianday('now') - 2440587.5) * 86400.0)",
    "greatest": "max",
    "bytewise": "",
    "by_turn": "INDEXED BY jobs_turn",
    "skip_locked": "",
    "skip_locked_j": "",
    "shared": "",
    "deleting": "",
    "alone": "",
    "keeps_alone": "1",
    "counts_alone": "1",
    **_WORDS,
}
_SQLITE |= counter_words(_SQLITE["greatest"])
_POSTGRESQL = {
    "now": "extract(epoch from clock_timestamp())::double precision",
    "greatest": "greatest",
    "bytewise": 'COLLATE "C"',
    "by_turn": "",
    "skip_locked": "FOR UPDATE SKIP LOCKED",
    "skip_locked_j": "FOR NO KEY UPDATE OF j SKIP LOCKED",
    "shared": "FOR KEY SHARE",
    "deleting": "FOR UPDATE",
    "alone": "FOR NO KEY UPDATE",
    "keeps_alone": "pg_advisory_xact_lock(7025130419)",
    "counts_alone": "pg_try_advisory_xact_lock(7025130421)",
    **_WORDS,
}
_POSTGRESQL |= counter_words(_POSTGRESQL["greatest"])


def dialect(statement: str) -> str:
    """Return `statement` in the dialect of the open database."""
    if is_sqlite():
        return statement.format(**_SQLITE)
    return statement.format(**_POSTGRESQL).replace("?", "%s")


def rows(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Run `statement` and return all its rows. Use LIMIT."""
    cursor = database.execute_sql(dialect(statement), parameters)
    return list(cursor.fetchall())


def row(statement: str, *parameters: Any) -> tuple[Any, ...] | None:
    """Run `statement` and return its first row, or None."""
    found = rows(statement, *parameters)
    return found[0] if found else None


def change(statement: str, *parameters: Any) -> int:
    """Run a write and return the number of changed rows. 0 means that a guard refused it."""
    return int(database.execute_sql(dialect(statement), parameters).rowcount)


def change_many(statement: str, parameters: list[tuple[Any, ...]]) -> None:
    """Run a write once for each of `parameters`, in the caller's transaction."""
    if not parameters:
        return
    cursor = database.cursor()
    with __exception_wrapper__:  # turns the driver's errors into peewee's
        if is_sqlite():
            cursor.executemany(dialect(statement), parameters)
        else:
            execute_batch(cursor, dialect(statement), parameters, page_size=500)


def now() -> float:
    """Return the database's clock in epoch seconds."""
    found = row("SELECT {now}")
    assert found is not None
    return float(found[0])
