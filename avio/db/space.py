"""Queries on the space that the database takes, and the return of free space to the disk. Used by admin."""

from dataclasses import dataclass

from avio.db.connection import is_sqlite
from avio.db.models import database
from avio.db.sql import row, rows
from avio.db.tables import MODELS


@dataclass(frozen=True, slots=True)
class TableSpace:
    """A table's rows, and its bytes with all of its indexes; None if the database can't tell."""

    name: str
    rows: int
    bytes: int | None


def total() -> tuple[int, int | None]:
    """Return the bytes of the database, and those of them that are free for new rows; None if it can't tell."""
    if is_sqlite():
        page, pages, free = (_pragma(name) for name in ("page_size", "page_count", "freelist_count"))
        return page * pages, page * free
    found = row("SELECT pg_database_size(current_database())")
    assert found is not None
    return int(found[0]), None


def tables() -> list[TableSpace]:
    """Return the space of each table, the largest first. Reads the whole database."""
    sizes = _sizes()
    found = []
    for model in MODELS:
        name = model._meta.table_name  # noqa: SLF001 - peewee's documented place for it
        found.append(TableSpace(name, model.select().count(), sizes.get(name)))
    return sorted(found, key=lambda table: (-(table.bytes or 0), table.name))


def vacuum() -> None:
    """Return free space to the disk (SQLite, which locks the database), or make it free for new rows (PostgreSQL)."""
    if is_sqlite():
        database.execute_sql("VACUUM")
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    else:
        database.execute_sql("SET statement_timeout = 0")
        database.execute_sql("VACUUM (ANALYZE)")


def live_nodes() -> list[str]:
    """Return the nodes with a valid lease, by name."""
    return [name for (name,) in rows("SELECT name FROM nodes WHERE lease_until > {now} ORDER BY name LIMIT 1000")]


def _sizes() -> dict[str, int]:
    if not is_sqlite():
        return dict(
            rows("SELECT relname::text, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' LIMIT 1000")
        )
    if row("SELECT 1 FROM pragma_compile_options WHERE compile_options = 'ENABLE_DBSTAT_VTAB'") is None:
        return {}
    return dict(
        rows(
            "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name"
            " WHERE s.aggregate = TRUE GROUP BY m.tbl_name LIMIT 1000"
        )
    )


def _pragma(name: str) -> int:
    ((value,),) = database.execute_sql(f"PRAGMA {name}").fetchall()
    return int(value)
