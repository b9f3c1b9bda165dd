"""Making, checking and upgrading the tables: `schema.sql` for a new database, numbered upgrades for an old one.

Used by admin and, to refuse a database of another version, by every process that opens one.
"""

from pathlib import Path

from avio.db.connecting import is_sqlite, transaction
from avio.db.models import MODELS, database
from avio.db.sql import change, row
from avio.errors import Unavailable

ROOT = Path(__file__).resolve().parent.parent.parent
SCHEMA = ROOT / "schema.sql"
UPGRADES = Path(__file__).resolve().parent / "upgrades"

# What this code works with: the version that schema.sql ends with.
VERSION = 1


def statements(text: str) -> list[str]:
    """Split SQL text into the statements of the open database's dialect; `-- only X` to `-- end` are for X alone.

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
    """Split at semicolons; a comment runs to the end of its line and holds none that counts."""
    code = "\n".join(line.partition("--")[0] for line in lines)
    return [statement.strip() for statement in code.split(";") if statement.strip()]


def _split_bodies(lines: list[str]) -> list[str]:
    """Split at lines that begin with CREATE: a body with semicolons stays whole."""
    found: list[list[str]] = []
    for line in lines:
        if line.startswith("CREATE") or not found:
            found.append([])
        found[-1].append(line)
    return ["\n".join(body) for body in found]


def version() -> int:
    """Return the version of the open database; 0 when it has no tables of ours."""
    if "schema_version" not in database.get_tables():
        return 0
    found = row("SELECT max(version) FROM schema_version")
    return int(found[0]) if found and found[0] is not None else 0


def prepare() -> int:
    """Make the tables, or bring them to `VERSION`; return how many steps that took. Safe to call twice."""
    steps = 0
    with transaction():
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
    """Return `upgrades/0002-title.sql` and its like, by number."""
    return sorted((int(file.name.partition("-")[0]), file) for file in UPGRADES.glob("[0-9]*-*.sql"))


def differences() -> list[str]:
    """Compare the open database with the models; return one line for each table or column that is off."""
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
        found += [f"column {name}.{column} is not ours" for column in sorted(columns - expected)]
    return found


def require_current() -> None:
    """Raise Unavailable when the database is not at `VERSION`."""
    found = version()
    if found != VERSION:
        raise Unavailable(
            f"the database is at version {found}, this avio works with {VERSION}",
            cure="run avio-server db upgrade" if found < VERSION else "run the newer avio server",
        )
