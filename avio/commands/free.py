"""`avio free`: drop a path from the cache."""

import click

from avio.client import Client
from avio.commands import options
from avio.commands.cells import printable, size
from avio.commands.command import Command
from avio.commands.session import with_client
from avio.commands.tables import print_json


@click.command(cls=Command)
@click.argument("path")
@click.option("-r", "--recursive", is_flag=True, help="Drop all below a directory.")
@options.as_json
@with_client
def free(client: Client, path: str, recursive: bool, as_json: bool) -> None:
    """Drop PATH from the cache; refused for what is not saved.

    The bucket is not touched. An Alluxio cluster follows within some seconds.
    """
    freed = client.free(path, recursive=recursive)
    if as_json:
        print_json(freed)
    else:
        click.echo(f"freed {printable(freed['path'])}: {freed['files']} files, {size(freed['bytes'])}", err=True)
