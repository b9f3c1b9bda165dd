"""`avio login`: name and password for a token, kept for the commands that follow."""

import getpass
import os
import sys

import click

from avio.commands import options
from avio.commands.cells import moment, printable
from avio.commands.command import Command
from avio.commands.session import Session, connect, current_url, load, store
from avio.commands.tables import print_json


@click.command(cls=Command)
@click.option("--url", help="The server; the commands that follow go there too.")
@click.option("--name", help="Who to log in as; asked for when missing.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@options.as_json
@click.pass_context
def login(context: click.Context, url: str | None, name: str | None, password_stdin: bool, as_json: bool) -> None:
    """Log in to a server and keep the token.

    The password is asked for without echo; AVIO_PASSWORD or --password-stdin give it where nobody can be asked.
    """
    url = current_url(url or context.find_root().params["url"])
    name = name or _ask("name", default=_usual_name())
    password = _password(password_stdin)
    with connect(url, token=None) as client:
        reply = client.login(name, password)
    store(Session(url=url, token=reply["authToken"], name=reply["name"], expires=reply["expireTime"]))
    if as_json:
        print_json({"url": url, **{member: value for member, value in reply.items() if member != "authToken"}})
    else:
        click.echo(f"logged in to {url} as {printable(reply['name'])} until {moment(reply['expireTime'])}")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return os.environ.get("AVIO_PASSWORD") or _ask("password", hide_input=True)


def _usual_name() -> str:
    kept = load()
    return kept.name if kept else getpass.getuser()


def _ask(what: str, *, default: str | None = None, hide_input: bool = False) -> str:
    if not sys.stdin.isatty():
        cure = "give --name" if what == "name" else "give --password-stdin or AVIO_PASSWORD"
        raise click.UsageError(f"no terminal to ask for the {what} on; {cure}")
    answer: str = click.prompt(what.capitalize(), default=default, hide_input=hide_input, err=True)
    return answer
