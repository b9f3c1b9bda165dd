"""`avio-server group`: groups of users, which share a weight and a limit of running jobs."""

import click

from avio.admin.database import opened
from avio.admin.output import show
from avio.admin.settings import with_settings
from avio.admin.standing import limit_option, standing_values, weight_option
from avio.config import Settings
from avio.lazygroup import WholeLines
from avio.rules import standings
from avio.rules.callers import LOCAL_ADMIN
from avio.terminal.texts import Text


@click.group(cls=WholeLines)
def group() -> None:
    """Groups of users, which share a weight and a limit of running jobs."""


@group.command("set")
@click.argument("name", type=Text())
@weight_option
@limit_option
@with_settings
def set_(name: str, weight: int | None, jobs_max: int | None, settings: Settings) -> None:
    """Make the group NAME, or change it.

    Its users share its weight by their own weights: ten users of a group of weight 1 get as many job starts together
    as one user without a group.
    """
    with opened(settings):
        made = standings.set_group(LOCAL_ADMIN, name, standing_values(weight=weight, jobs_max=jobs_max))
    click.echo(f"{'added' if made else 'changed'} group {name}")


@group.command()
@click.argument("name", type=Text())
@with_settings
def delete(name: str, settings: Settings) -> None:
    """Delete the group NAME, which has no users."""
    with opened(settings):
        standings.delete_group(LOCAL_ADMIN, name)
    click.echo(f"deleted group {name}")


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@with_settings
def list_(as_json: bool, settings: Settings) -> None:
    """List the groups, with the number of their users."""
    with opened(settings):
        rows = standings.list_groups(LOCAL_ADMIN)
    show(rows, as_json=as_json)
