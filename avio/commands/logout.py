"""`avio logout`: revoke the token at the server and forget it here."""

import click

from avio.client import ApiError
from avio.commands import options
from avio.commands.command import Command
from avio.commands.session import connect, current_token, current_url, forget
from avio.terminal.cells import printable
from avio.terminal.json_output import print_json

NOT_AUTHENTICATED = 401


@click.command(cls=Command)
@options.as_json
@click.pass_context
def logout(context: click.Context, as_json: bool) -> None:
    """Revoke the token and forget it."""
    url = current_url(context.find_root().params["url"])
    token = current_token(url)
    if token is not None:
        _revoke(url, token)
        forget(token)
    if as_json:
        print_json({"url": url})
    else:
        click.echo(f"{'not logged in to' if token is None else 'logged out of'} {printable(url)}")


def _revoke(url: str, token: str) -> None:
    with connect(url, token) as client:
        try:
            client.logout()
        except ApiError as error:
            # An expired token needs no revoking.
            if error.status != NOT_AUTHENTICATED:
                raise
