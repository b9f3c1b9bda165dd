"""`avio whoami`: whose token is in effect."""

import click

from avio.client import Client
from avio.commands import options
from avio.commands.command import Command
from avio.commands.session import with_client
from avio.terminal.cells import moment, printable
from avio.terminal.json_output import print_json
from avio.terminal.tables import print_record


@click.command(cls=Command)
@options.as_json
@with_client
def whoami(client: Client, as_json: bool) -> None:
    """Show who is logged in, and until when."""
    me = client.whoami()
    if as_json:
        print_json(me)
        return
    print_record(
        [
            ("Name", printable(me["name"])),
            ("Uid", str(me["uid"])),
            ("Admin", "yes" if me["admin"] else "no"),
            ("Expires", moment(me["expireTime"])),
            ("Server", client.url),
        ]
    )
