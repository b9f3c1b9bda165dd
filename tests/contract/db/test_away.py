"""Which errors of a database say that it is unavailable, and which say that it refuses a statement."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing

import psycopg2
import pytest

from avio.db.away import is_stopped
from avio.db.connection import AWAY, borrow, is_sqlite, open_database, shut
from avio.db.models import database
from avio.db.sql import change, rows
from tests.contract.db import given


def raised(work: Callable[[], object]) -> Exception:
    """Return the error that `work` ends with inside of `borrow()`."""
    with pytest.raises(Exception) as found, borrow():
        work()
    return found.value


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM nowhere",
        "SELECT nothing FROM jobs",
        "INSERT INTO nodes (name) VALUES ('n1')",
        "INSERT INTO tokens (digest, uid, created_at, expires_at) VALUES ('d', 99, 1, 1)",
        "SELEKT 1",
    ],
)
def test_a_statement_that_is_refused_does_not_make_the_database_away(statement: str) -> None:
    assert not isinstance(raised(lambda: rows(statement)), AWAY)


@pytest.mark.usefixtures("db")
def test_what_is_beyond_a_limit_of_the_database_does_not_make_it_away() -> None:
    if is_sqlite():
        marks = ", ".join("?" * 300_000)
        error = raised(lambda: rows(f"SELECT 1 WHERE 1 IN ({marks})", *range(300_000)))
        assert "too many SQL variables" in str(error)
    else:
        change("CREATE TEMPORARY TABLE narrow (text TEXT PRIMARY KEY)")
        long = "".join(chr(0x4E00 + 7919 * number % 20_000) for number in range(3_000))
        error = raised(lambda: change("INSERT INTO narrow (text) VALUES (?)", long))
        assert "index row" in str(error)
    assert not isinstance(error, AWAY)


@pytest.mark.usefixtures("db")
def test_a_statement_that_takes_too_long_is_no_unavailable_database() -> None:
    if is_sqlite():
        pytest.skip("SQLite has no limit of this kind")
    change("SET statement_timeout = 50")

    error = raised(lambda: rows("SELECT pg_sleep(5)"))
    assert not isinstance(error, AWAY)
    assert is_stopped(error)


@pytest.mark.usefixtures("db")
def test_a_right_that_the_user_of_the_database_lacks_is_no_refusal_of_what_is_stored() -> None:
    if is_sqlite():
        pytest.skip("SQLite has no users")
    name = f"reader_{os.getpid()}"
    change(f"CREATE ROLE {name}")
    change(f"GRANT SELECT ON jobs TO {name}")
    change(f"SET ROLE {name}")
    try:
        error = raised(lambda: change("UPDATE jobs SET message = 'x'"))
    finally:
        change("RESET ROLE")
        change(f"DROP OWNED BY {name}")
        change(f"DROP ROLE {name}")

    assert is_stopped(error)
    assert not isinstance(error, AWAY)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("statement", ["SELEKT 1", "INSERT INTO nodes (name) VALUES ('n1')"])
def test_a_statement_that_is_refused_is_not_one_that_was_stopped(statement: str) -> None:
    assert not is_stopped(raised(lambda: rows(statement)))


def test_a_database_that_another_transaction_holds_is_away(db: str) -> None:
    given.user()
    if is_sqlite():
        change("PRAGMA busy_timeout = 50")
        with closing(sqlite3.connect(database.obj.database)) as other:
            other.execute("BEGIN IMMEDIATE")
            error = raised(lambda: change("UPDATE users SET name = 'bob'"))
    else:
        change("SET lock_timeout = 50")
        with closing(psycopg2.connect(db)) as other, other.cursor() as cursor:
            cursor.execute("UPDATE users SET name = 'eve'")
            error = raised(lambda: change("UPDATE users SET name = 'bob'"))
    assert isinstance(error, AWAY)


@pytest.mark.usefixtures("db")
def test_a_database_that_takes_no_writes_for_a_while_is_away() -> None:
    if is_sqlite():
        change("PRAGMA query_only = 1")
    else:
        change("SET default_transaction_read_only = on")  # as on a standby, and where a disk is full

    assert isinstance(raised(lambda: change("UPDATE users SET name = 'bob'")), AWAY)


def test_a_connection_that_the_server_ends_makes_the_database_away(db: str) -> None:
    if is_sqlite():
        pytest.skip("SQLite has no server")
    ((pid,),) = rows("SELECT pg_backend_pid()")
    with closing(psycopg2.connect(db)) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", (pid,))

    assert isinstance(raised(lambda: rows("SELECT 1")), AWAY)
    assert isinstance(raised(lambda: rows("SELECT 1")), AWAY)


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/nowhere", "sqlite:////proc/avio.db"])
def test_a_database_that_can_not_be_opened_is_away(url: str) -> None:
    open_database(url)
    try:
        assert isinstance(raised(lambda: rows("SELECT 1")), AWAY)
    finally:
        shut()
