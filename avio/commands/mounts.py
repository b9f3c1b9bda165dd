"""`avio mounts`: the mounts, whether they answer, and what runs there."""

import click

from avio.client import Client
from avio.commands import options
from avio.commands.command import Command
from avio.commands.nodes import running, running_paths
from avio.commands.session import with_client
from avio.terminal.cells import printable, raw
from avio.terminal.json_output import print_json
from avio.terminal.tables import Column, print_table

COLUMNS = (
    Column("PATH", lambda row: printable(row["path"]), lambda row: raw(row["path"])),
    Column("KIND", lambda row: printable(row["kind"]), lambda row: raw(row["kind"]), width=4, rank=5),
    Column("STATE", lambda row: row["state"], lambda row: row["state"], width=11, rank=1),
    Column("RUNNING", lambda row: str(row["running"]), lambda row: str(row["running"]), right=True, rank=4),
    Column("JOBS", lambda row: running_paths(row["jobs"]), lambda row: running(row["jobs"]), rank=3, keeps="start"),
)
URL = Column("URL", lambda row: raw(row["url"]), lambda row: raw(row["url"]), rank=2, keeps="ends")


@click.command(cls=Command)
@options.as_json
@with_client
def mounts(client: Client, as_json: bool) -> None:
    """Show the mounts: what each is, whether its store answers, what runs there.

    The states: ok, unavailable (standard error says why), unknown (not asked yet: try again). Admins see the jobs of
    all, and URLs.
    """
    found = client.mounts()
    if as_json:
        print_json(found)
        return
    print_table((*COLUMNS, URL), [found["mounts"]])
    for mount in found["mounts"]:
        if mount["message"]:
            click.echo(printable(f"{mount['path']}: {mount['message']} ({mount['reason']})"), err=True)
