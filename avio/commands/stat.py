"""`avio stat`: one path as it stands between bucket and cache."""

import click

from avio.client import Client
from avio.commands import options
from avio.commands.command import Command
from avio.commands.entries import record
from avio.commands.path_completion import complete_path
from avio.commands.session import with_client
from avio.terminal.json_output import print_json
from avio.terminal.tables import print_record


@click.command(cls=Command)
@click.argument("path", shell_complete=complete_path)
@options.as_json
@with_client
def stat(client: Client, path: str, as_json: bool) -> None:
    """Show one PATH: how much of it is cached, where, and whether it is saved."""
    entry = client.stat(path)
    if as_json:
        print_json(entry)
    else:
        print_record(record(entry))
