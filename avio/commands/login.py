"""`avio login`: name and password for a token, kept for the commands that follow."""

import getpass
import os
import sys
from ipaddress import ip_address
from urllib.parse import urlsplit

import click

from avio.commands import options
from avio.commands.command import Command
from avio.commands.session import Session, connect, current_url, load, store
from avio.terminal.cells import moment, printable
from avio.terminal.json_output import print_json
from avio.terminal.passwords import read_password
from avio.terminal.texts import Text
from avio.undecoded import reread
from avio.wire.paths import is_text


@click.command(cls=Command)
@click.option("--url", type=Text(), help="The server; the commands that follow go there too.")
@click.option("--name", type=Text(), help="Who to log in as; asked for when missing.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@options.as_json
@click.pass_context
def login(context: click.Context, url: str | None, name: str | None, password_stdin: bool, as_json: bool) -> None:
    """Log in to a server and keep the token.

    The password is asked for without echo; AVIO_PASSWORD or --password-stdin give it where nobody can be asked.
    """
    url = current_url(url or context.find_root().params["url"])
    with connect(url, token=None) as client:  # refuses an invalid address before it asks or shows anything
        name = name or _ask("name", default=_usual_name())
        if _is_readable_on_the_way(url):
            click.echo(
                f"warning: {printable(url)} is not encrypted: others on the way can read password and token", err=True
            )
        reply = client.login(name, _password(password_stdin))
    store(Session(url=url, token=reply["authToken"], name=reply["name"], expires=reply["expireTime"]))
    if as_json:
        print_json({"url": url, **{member: value for member, value in reply.items() if member != "authToken"}})
    else:
        click.echo(f"logged in to {printable(url)} as {printable(reply['name'])} until {moment(reply['expireTime'])}")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return read_password()
    password = reread(os.environ.get("AVIO_PASSWORD") or _ask("password", hide_input=True))
    if not is_text(password):
        raise click.UsageError("the password of AVIO_PASSWORD is not UTF-8; write it in UTF-8")
    return password


def _is_readable_on_the_way(url: str) -> bool:
    """Return True for plain HTTP to another machine."""
    parts = urlsplit(url)
    try:
        is_here = parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except ValueError:  # a name
        is_here = False
    return parts.scheme == "http" and not is_here


def _usual_name() -> str | None:
    """Return the name of the last login, else that of the user, if the system knows one."""
    if (kept := load()) is not None:
        return kept.name
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return None


def _ask(what: str, *, default: str | None = None, hide_input: bool = False) -> str:
    if not sys.stdin.isatty():
        cure = "use --name" if what == "name" else "use --password-stdin or AVIO_PASSWORD"
        raise click.UsageError(f"cannot ask for the {what}: standard input is not a terminal; {cure}")
    answer: str = click.prompt(what.capitalize(), default=default, hide_input=hide_input, err=True)
    return answer
