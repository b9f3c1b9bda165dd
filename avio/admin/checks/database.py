"""Looks at the database: does it answer, are its tables ours, how large is it."""

from collections.abc import Iterator

from peewee import DatabaseError

from avio.admin.one_line import one_line
from avio.config import Settings
from avio.db.connection import AWAY, NoDatabase, borrow, is_sqlite, open_database, shut
from avio.db.schema import VERSION, differences, require_current, version
from avio.db.space import total
from avio.db.sql import row
from avio.errors import Unavailable
from avio.findings import Finding, fault, good, note

SUBJECT = "database"
MISSING = "run avio-server db init; the database of an avio-server up is found by --home"

# So many free bytes are worth the mention of a vacuum.
MUCH_BYTES = 1 << 30


def look_at_database(settings: Settings) -> Iterator[Finding]:
    """Yield whether it answers and what it is, whether its tables are as our version needs them, and its size."""
    try:
        open_database(settings.database_url, connections=1, make=False)
        with borrow():
            yield good(SUBJECT, f"answers, is {_product()}")
            yield from _tables()
    except NoDatabase as error:
        yield fault(
            SUBJECT, str(error), "run avio-server db init; for the database of an avio-server up give its --home"
        )
    except (*AWAY, DatabaseError, ValueError, OSError) as error:
        yield fault(SUBJECT, f"unavailable: {one_line(error)}", "start it, or correct database_url")
    finally:
        shut()


def _product() -> str:
    found = row("SELECT sqlite_version()" if is_sqlite() else "SELECT version()")
    assert found is not None
    return f"SQLite {found[0]}" if is_sqlite() else " ".join(str(found[0]).split()[:2])


def _tables() -> Iterator[Finding]:
    found = version()
    if found == 0:
        yield fault(SUBJECT, f"its tables are at version 0, not {VERSION}", "run avio-server db init")
        return
    try:
        require_current()
    except Unavailable as error:
        yield fault(SUBJECT, error.message, error.cure)
        return
    off = differences()
    if off:
        yield fault(SUBJECT, "; ".join(off), "somebody changed the tables by hand: restore them as schema.sql has them")
    else:
        yield good(SUBJECT, f"its tables are at version {found}")
        yield _space()


def _space() -> Finding:
    whole, free = total()
    if free is None:
        return good(SUBJECT, f"has {whole:,} bytes")
    message = f"has {whole:,} bytes, of which {free:,} are free for new rows"
    if free > max(whole // 2, MUCH_BYTES):
        return note(SUBJECT, message, "to make its file smaller, stop the server and run avio-server db vacuum")
    return good(SUBJECT, message)
