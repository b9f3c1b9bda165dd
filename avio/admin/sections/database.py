"""Looks at the database: does it answer, are its tables ours."""

from collections.abc import Iterator

from avio.admin.oneline import one_line
from avio.config import Settings
from avio.db.connecting import AWAY, borrow, is_sqlite, open_database
from avio.db.models import database
from avio.db.schema import VERSION, differences, version
from avio.db.sql import row
from avio.findings import Finding, fault, good

SUBJECT = "database"


def look_at_database(settings: Settings) -> Iterator[Finding]:
    """Yield whether it answers and what it is, and whether its tables are at our version and as they should be."""
    try:
        open_database(settings.database_url, connections=1)
        with borrow():
            yield good(SUBJECT, f"answers, is {_product()}")
            yield from _tables()
    except (*AWAY, ValueError, OSError) as error:
        yield fault(SUBJECT, f"does not answer: {one_line(error)}", "start it, or correct database_url")
    finally:
        if database.obj is not None:
            database.obj.close_all()


def _product() -> str:
    found = row("SELECT sqlite_version()" if is_sqlite() else "SELECT version()")
    assert found is not None
    return f"SQLite {found[0]}" if is_sqlite() else " ".join(str(found[0]).split()[:2])


def _tables() -> Iterator[Finding]:
    found = version()
    if found != VERSION:
        cure = "run avio-server db init" if found == 0 else "run avio-server db upgrade"
        yield fault(SUBJECT, f"its tables are at version {found}, not {VERSION}", cure)
        return
    off = differences()
    if off:
        yield fault(SUBJECT, "; ".join(off), "somebody changed the tables by hand: restore them as schema.sql has them")
    else:
        yield good(SUBJECT, f"its tables are at version {found}")
