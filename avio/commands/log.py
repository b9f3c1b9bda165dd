"""`avio log`: what the job's own process wrote."""

import click

from avio.client import Client
from avio.commands import options
from avio.commands.command import Command
from avio.commands.job_ids import resolve
from avio.commands.session import with_client
from avio.terminal.cells import printable
from avio.terminal.json_output import print_json


@click.command(cls=Command)
@options.job_argument
@options.as_json
@with_client
def log(client: Client, job: str, as_json: bool) -> None:
    """Print the log of a job's own process.

    JOB is an id, a unique prefix of one, or @last. With --json each line is an object {"line": ...}.
    """
    for line in client.log(resolve(client, job)):
        if as_json:
            print_json({"line": line})
        else:
            click.echo(printable(line))
