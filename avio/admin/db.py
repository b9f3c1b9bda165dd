"""`avio-server db`: make, check and upgrade the tables."""

import click

from avio.admin.opening import opened
from avio.db import schema
from avio.errors import Conflict


@click.group()
def db() -> None:
    """Make, check and upgrade the tables."""


@db.command()
def init() -> None:
    """Make the tables of schema.sql; a database that has them is left as it is."""
    with opened(current=False):
        if schema.version():
            click.echo(f"the database is at version {schema.version()} already")
            return
        schema.prepare()
        click.echo(f"made the tables, version {schema.VERSION}")


@db.command()
def check() -> None:
    """Compare the tables with what this avio works with; exit 1 on a difference."""
    with opened():
        wrong = schema.differences()
    if wrong:
        raise Conflict("; ".join(wrong), cure="restore the tables, or init an empty database")
    click.echo(f"version {schema.VERSION}, all tables and columns are there")


@db.command()
def upgrade() -> None:
    """Bring the tables to this avio's version, by its numbered upgrades; an empty database is made new."""
    with opened(current=False):
        before = schema.version()
        steps = schema.prepare()
        click.echo(f"from version {before} to {schema.version()} in {steps} steps")
