"""Tells an unavailable database from one that refuses a statement: by the driver's code, never by the class alone.

Both drivers use one class, OperationalError, for a lost connection and for a row that is too large.
"""

import sqlite3

import psycopg2
import psycopg2.errors
from playhouse.pool import MaxConnectionsExceeded

# Classes and codes of SQLSTATE: connection, shutdown, no resources (a full disk, too many clients), errors of the disk,
# no writes at present (a standby, a disk that is nearly full), and other transactions in the way, which is what SQLite
# calls busy.
_CLASSES = ("08", "53", "58")
_CODES = frozenset({"57P01", "57P02", "57P03", "57P04", "57P05", "25006", "40001", "40P01", "55P03"})

# A time limit or an administrator has cancelled the statement; the user of the database lacks a right.
_STOPPED = (psycopg2.errors.QueryCanceled, psycopg2.errors.InsufficientPrivilege)

# Primary result codes of SQLite that are about the whole file, not about a statement.
_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PROTOCOL,
    }
)


class DatabaseAway(Exception):
    """The database is unavailable, or too busy to answer in time. The same statement may succeed later."""


def is_away(error: Exception) -> bool:
    """Return True if `error` says that the database is unavailable or busy, and nothing about the statement."""
    if isinstance(error, DatabaseAway | MaxConnectionsExceeded):
        return True
    cause = driver_error(error)
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE
    if not isinstance(cause, psycopg2.Error):
        return False
    if cause.pgcode is not None:
        return cause.pgcode.startswith(_CLASSES) or cause.pgcode in _CODES
    # The connection was refused or lost; a plain DatabaseError is a reply that broke off.
    lost = isinstance(cause, psycopg2.OperationalError | psycopg2.InterfaceError)
    return lost or type(cause) is psycopg2.DatabaseError


def is_stopped(error: Exception) -> bool:
    """Return True if the database has stopped a statement for a reason that is not its content.

    It may be one that takes too long each time: so nothing may wait for it without an end.
    """
    return isinstance(driver_error(error), _STOPPED)


def driver_error(error: Exception) -> Exception:
    """Return the error of the driver that one of peewee stands for; `error` itself if it is none of these."""
    cause = getattr(error, "orig", None)
    return cause if isinstance(cause, Exception) else error
