"""`avio-server user`: add, list and disable users, give them passwords, weights and limits."""

import sys

import click

from avio.admin.database import opened
from avio.admin.output import moment, show
from avio.admin.settings import with_settings
from avio.admin.standing import limit_option, standing_values, weight_option
from avio.config import Settings
from avio.errors import BadRequest, Conflict, FieldError
from avio.lazygroup import WholeLines
from avio.passwords import require_long
from avio.rules import accounts, standings
from avio.rules.callers import LOCAL_ADMIN
from avio.terminal.passwords import read_password
from avio.terminal.texts import Text


@click.group(cls=WholeLines)
def user() -> None:
    """Add, list and disable users; give them passwords, weights and limits."""


@user.command()
@click.argument("name", type=Text())
@click.option("--admin", is_flag=True, help="May see and order for all users.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--if-missing", is_flag=True, help="Do nothing if the user exists.")
@with_settings
def add(name: str, admin: bool, password_stdin: bool, if_missing: bool, settings: Settings) -> None:
    """Add the user NAME; asks for a password."""
    if not name.isprintable() or not 0 < len(name) <= 64 or name.strip() != name:
        raise BadRequest(
            "NAME must be 1 to 64 printable characters, without blanks around it", [FieldError("name", "")]
        )
    with opened(settings):
        if accounts.find_user(LOCAL_ADMIN, name) is not None:
            if if_missing:
                return
            raise Conflict(f"there is a user {name} already", cure="give another name, or: avio-server user passwd")
        made = accounts.add_user(LOCAL_ADMIN, name, _password(password_stdin), admin=admin)
        click.echo(f"added {name}, uid {made.uid}")


@user.command()
@click.argument("name", type=Text())
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@with_settings
def passwd(name: str, password_stdin: bool, settings: Settings) -> None:
    """Give the user NAME another password; ends all of the user's logins."""
    with opened(settings):
        accounts.require_user(LOCAL_ADMIN, name)
        accounts.set_password(LOCAL_ADMIN, name, _password(password_stdin))
    click.echo(f"password of {name} changed, all logins ended")


@user.command()
@click.argument("name", type=Text())
@click.option("--force", is_flag=True, help="Disable the last admin too.")
@with_settings
def disable(name: str, force: bool, settings: Settings) -> None:
    """Shut the user NAME out; logins end at once, jobs go on."""
    with opened(settings):
        done = accounts.disable_user(LOCAL_ADMIN, name, force=force)
    click.echo(f"{name} is disabled" if done else f"{name} was disabled already")


@user.command()
@click.argument("name", type=Text())
@with_settings
def enable(name: str, settings: Settings) -> None:
    """Let the disabled user NAME in again."""
    with opened(settings):
        done = accounts.enable_user(LOCAL_ADMIN, name)
    click.echo(f"{name} is enabled" if done else f"{name} was not disabled")


@user.command("set")
@click.argument("name", type=Text())
@weight_option
@click.option("--group", type=Text(), help="The group that the user belongs to.")
@click.option("--no-group", is_flag=True, help="Take the user out of its group.")
@limit_option
@click.option("--may-overtake/--no-overtake", default=None, help="May give jobs a priority above 0; admins always may.")
@with_settings
def set_(
    name: str,
    weight: int | None,
    group: str | None,
    no_group: bool,
    jobs_max: int | None,
    may_overtake: bool | None,
    settings: Settings,
) -> None:
    """Set whose turn it is: weight, group and limit of running jobs of the user NAME."""
    values = standing_values(weight=weight, group_name=group, jobs_max=jobs_max, may_overtake=may_overtake)
    if no_group and group is not None:
        raise click.UsageError("give either --group or --no-group")
    if no_group:
        values["group_name"] = None
    if not values:
        raise click.UsageError("give at least one option")
    with opened(settings):
        standings.set_user(LOCAL_ADMIN, name, values)
    click.echo(f"changed {name}")


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@with_settings
def list_(as_json: bool, settings: Settings) -> None:
    """List the users."""
    with opened(settings):
        rows = [
            {
                "uid": found.uid,
                "name": found.name,
                "admin": bool(found.admin),
                "weight": found.weight,
                "group": found.group_name,
                "jobs_max": found.jobs_max,
                "may_overtake": bool(found.may_overtake or found.admin),
                "created": moment(found.created_at),
                "disabled": moment(found.disabled_at),
            }
            for found in accounts.list_users(LOCAL_ADMIN)
        ]
    show(rows, as_json=as_json)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        password = read_password()
    elif not sys.stdin.isatty():
        raise click.UsageError("cannot ask for the password: standard input is not a terminal; use --password-stdin")
    else:
        password = str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    require_long(password)
    return password
