"""`avio-server user`: add, list and disable users, give them passwords."""

import sys

import click

from avio.admin.opening import opened
from avio.admin.printing import moment, show
from avio.db import users
from avio.errors import BadRequest, Conflict, FieldError, NotFound
from avio.passwords import hash_password

MIN_PASSWORD = 8


@click.group()
def user() -> None:
    """Add, list and disable users; give them passwords."""


@user.command()
@click.argument("name")
@click.option("--admin", is_flag=True, help="May see and order for all users.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--if-missing", is_flag=True, help="A user who is there already is no error, and stays as is.")
def add(name: str, admin: bool, password_stdin: bool, if_missing: bool) -> None:
    """Add the user NAME; asks for a password."""
    if not name.isprintable() or not 0 < len(name) <= 64 or name.strip() != name:
        raise BadRequest(
            "NAME must be 1 to 64 printable characters, without blanks around it", [FieldError("name", "")]
        )
    with opened():
        if users.find(name) is not None:
            if if_missing:
                return
            raise Conflict(f"there is a user {name} already", cure="give another name, or: avio-server user passwd")
        made = users.create(name, hash_password(_password(password_stdin)), admin=admin)
        if made is None:
            raise Conflict(f"there is a user {name} already", cure="give another name")
        click.echo(f"added {name}, uid {made.uid}")


@user.command()
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def passwd(name: str, password_stdin: bool) -> None:
    """Give the user NAME another password; ends all of the user's logins."""
    with opened():
        if users.find(name) is None:
            raise _nobody(name)
        users.set_password(name, hash_password(_password(password_stdin)))
    click.echo(f"password of {name} changed, all logins ended")


@user.command()
@click.argument("name")
def disable(name: str) -> None:
    """Shut the user NAME out; logins end at once, jobs go on."""
    with opened():
        if users.find(name) is None:
            raise _nobody(name)
        done = users.disable(name)
    click.echo(f"{name} is disabled" if done else f"{name} was disabled already")


@user.command()
@click.argument("name")
def enable(name: str) -> None:
    """Let the disabled user NAME in again."""
    with opened():
        if users.find(name) is None:
            raise _nobody(name)
        done = users.enable(name)
    click.echo(f"{name} is enabled" if done else f"{name} was not disabled")


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def list_(as_json: bool) -> None:
    """List the users."""
    with opened():
        rows = [
            {
                "uid": found.uid,
                "name": found.name,
                "admin": bool(found.admin),
                "created": moment(found.created_at),
                "disabled": moment(found.disabled_at),
            }
            for found in users.everyone()
        ]
    show(rows, as_json=as_json)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    if len(password) < MIN_PASSWORD:
        message = f"the password has fewer than {MIN_PASSWORD} characters"
        raise BadRequest(message, [FieldError("password", message)], cure="choose a longer one")
    return password


def _nobody(name: str) -> NotFound:
    return NotFound(f"there is no user {name}", cure="avio-server user list shows them")
