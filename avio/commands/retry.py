"""`avio retry`: run an ended job again, as a new job."""

import click

from avio.client import Client
from avio.commands import options
from avio.commands.command import Command
from avio.commands.exit_codes import Exit
from avio.commands.job_ids import resolve
from avio.commands.session import with_client
from avio.commands.wait import hand_over


@click.command(cls=Command)
@options.job_argument
@options.wait
@options.progress
@options.as_json
@with_client
def retry(client: Client, job: str, wait: float | None, progress: str, as_json: bool) -> Exit:
    """Run an ended job again, as a new job.

    JOB is an id, a unique prefix of one, or @last. Files that are in place already are skipped.
    """
    again = client.retry(resolve(client, job))
    return hand_over(client, again, wait=wait, how=progress, as_json=as_json)
