"""Creates, checks and upgrades the tables: `schema.sql` for a new database, numbered upgrades for an old one.

Used by admin. Every process that opens a database checks its version.
"""

from pathlib import Path

from avio.db.connection import BUSY_SECONDS, is_sqlite, transaction
from avio.db.models import database
from avio.db.sql import change, row
from avio.db.tables import MODELS
from avio.errors import Unavailable
from avio.root import ROOT

SCHEMA = ROOT / "schema.sql"
UPGRADES = Path(__file__).resolve().parent / "upgrades"

# The version of schema.sql, which this code needs.
VERSION = 21

# Words that begin a statement. Inside the body of a trigger or function no line begins with one.
VERBS = ("ALTER ", "CREATE ", "DROP ", "INSERT ", "PRAGMA ", "UPDATE ")

# One transaction at a time changes the tables of a PostgreSQL database; SQLite's write lock does the same.
# It may wait for the others, and may take as long as its tables need: the pool's time limits are for queries.
_LOCK = (
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL lock_timeout = 0",
    "SELECT pg_advisory_xact_lock(7025130414)",
    f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'",
)


def statements(text: str) -> list[str]:
    """Split SQL text into statements of the open database's dialect. `-- only X` to `-- end` is for X alone.

    A section's statements may have semicolons inside (trigger bodies): there, one ends with a line that
    closes with `;` before a line that begins one, so sections are sent whole where the driver allows it.
    """
    dialect = "sqlite" if is_sqlite() else "postgresql"
    found: list[str] = []
    plain: list[str] = []
    section: list[str] | None = None
    for line in text.splitlines():
        if line.startswith("-- only "):
            section = [line.removeprefix("-- only ").strip()]
        elif line.strip() == "-- end" and section is not None:
            if section[0] == dialect:
                found += _split(plain)
                plain = []
                found += _split_bodies(section[1:])
            section = None
        else:
            (plain if section is None else section).append(line)
    return found + _split(plain)


def _split(lines: list[str]) -> list[str]:
    """Split at semicolons, except those in comments."""
    code = "\n".join(line.partition("--")[0] for line in lines)
    return [statement.strip() for statement in code.split(";") if statement.strip()]


def _split_bodies(lines: list[str]) -> list[str]:
    """Split at lines that begin with the verb of a statement: a body with semicolons stays whole."""
    found: list[list[str]] = []
    for line in lines:
        if line.startswith("--"):
            continue
        if line.startswith(VERBS) or not found:
            found.append([])
        found[-1].append(line)
    return ["\n".join(body) for body in found]


def version() -> int:
    """Return the version of the open database, or 0 if it has no tables of avio."""
    if "schema_version" not in database.get_tables():
        return 0
    found = row("SELECT max(version) FROM schema_version")
    return int(found[0]) if found and found[0] is not None else 0


def prepare() -> int:
    """Create the tables, or upgrade them to `VERSION`. Return the number of steps. Idempotent, and safe in parallel.

    Raise Unavailable if the database is newer than this code.
    """
    steps = 0
    with transaction():
        for statement in () if is_sqlite() else _LOCK:
            database.execute_sql(statement)
        _refuse_newer(version())
        if version() == 0:
            for statement in statements(SCHEMA.read_text(encoding="utf-8")):
                database.execute_sql(statement)
            steps += 1
        for number, file in _upgrades():
            if number > version():
                for statement in statements(file.read_text(encoding="utf-8")):
                    database.execute_sql(statement)
                change("INSERT INTO schema_version (version) VALUES (?)", number)
                steps += 1
    return steps


def _upgrades() -> list[tuple[int, Path]]:
    """Return the upgrade files (`upgrades/0002-title.sql`), by number."""
    return sorted((int(file.name.partition("-")[0]), file) for file in UPGRADES.glob("[0-9]*-*.sql"))


def differences() -> list[str]:
    """Compare the open database with the models. Return one line for each difference."""
    tables = set(database.get_tables())
    found = []
    for model in MODELS:
        name = model._meta.table_name  # noqa: SLF001 - peewee's documented place for it
        if name not in tables:
            found.append(f"table {name} is missing")
            continue
        columns = {column.name for column in database.get_columns(name)}
        expected = {field.column_name for field in model._meta.sorted_fields}  # noqa: SLF001
        found += [f"column {name}.{column} is missing" for column in sorted(expected - columns)]
        found += [f"column {name}.{column} is unknown" for column in sorted(columns - expected)]
    return found


def require_current() -> None:
    """Raise Unavailable if the database is not at `VERSION`."""
    found = version()
    _refuse_newer(found)
    _refuse_older(found)


def require_upgraded() -> None:
    """Raise Unavailable if the database is older than `VERSION`: a process that runs goes on with a newer one."""
    _refuse_older(version())


def _refuse_older(found: int) -> None:
    if found < VERSION:
        raise Unavailable(
            f"the database has version {found}, this avio needs version {VERSION}", cure="run avio-server db upgrade"
        )


def _refuse_newer(found: int) -> None:
    if found > VERSION:
        raise Unavailable(
            f"the database has version {found}, this avio needs version {VERSION}: a newer avio upgraded it",
            cure="install that avio here; an older one works again only with a backup from before the upgrade",
        )
