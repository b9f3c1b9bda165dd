"""`avio-server db`: make, check and upgrade the tables, show their size and return free space."""

import click

from avio.admin.database import opened
from avio.admin.output import show
from avio.admin.settings import with_settings
from avio.config import Settings
from avio.db import schema, space
from avio.db.connection import is_sqlite
from avio.errors import Conflict
from avio.lazygroup import WholeLines


@click.group(cls=WholeLines)
def db() -> None:
    """Make, check, upgrade and measure the tables."""


@db.command()
@with_settings
def init(settings: Settings) -> None:
    """Make the tables of schema.sql; a database that has them is left as it is."""
    with opened(settings, current=False, make=True):
        if schema.version():
            click.echo(f"the database is already at version {schema.version()}")
            return
        schema.prepare()
        click.echo(f"created the tables, version {schema.VERSION}")


@db.command()
@with_settings
def check(settings: Settings) -> None:
    """Compare the tables with what this avio works with; exit 1 on a difference."""
    with opened(settings):
        wrong = schema.differences()
    if wrong:
        raise Conflict(
            "; ".join(wrong),
            cure="restore the tables as schema.sql has them, or run avio-server db init on an empty database",
        )
    click.echo(f"the tables are at version {schema.VERSION} and complete")


@db.command()
@with_settings
def upgrade(settings: Settings) -> None:
    """Bring the tables to this avio's version, by its numbered upgrades; an empty database is made new."""
    with opened(settings, current=False, make=True):
        before = schema.version()
        steps = schema.prepare()
        if steps:
            click.echo(f"upgraded from version {before} to {schema.version()}")
        else:
            click.echo(f"the tables are at version {schema.version()} already")


@db.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@with_settings
def size(as_json: bool, settings: Settings) -> None:
    """Show the rows and the bytes of each table with its indexes, and the bytes of the whole database."""
    with opened(settings):
        rows = [{"table": table.name, "rows": table.rows, "bytes": table.bytes} for table in space.tables()]
        whole, free = space.total()
    rows.append({"table": "(free for new rows)", "rows": None, "bytes": free})
    rows.append({"table": "(whole database)", "rows": None, "bytes": whole})
    show(rows, as_json=as_json)


@db.command()
@with_settings
def vacuum(settings: Settings) -> None:
    """Make the file of a SQLite database smaller while the server is stopped; on PostgreSQL, run VACUUM (ANALYZE).

    SQLite writes the database anew. This takes as much free disk as the database has, and nobody can write meanwhile.
    """
    with opened(settings):
        nodes = space.live_nodes()
        if nodes and is_sqlite():
            message = f"the server is running: a node has a lease: {', '.join(nodes)}"
            raise Conflict(message, cure="stop it, and wait for the time of the setting lease")
        before, _ = space.total()
        space.vacuum()
        click.echo(f"the database had {before:,} bytes, and has {space.total()[0]:,}")
