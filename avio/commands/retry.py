"""`avio retry`: order a new job like one that has ended."""

import click

from avio.client import Client
from avio.commands import options
from avio.commands.command import Command
from avio.commands.exits import Exit
from avio.commands.jobids import resolve
from avio.commands.session import with_client
from avio.commands.waiting import hand_over


@click.command(cls=Command)
@options.job_argument
@options.wait
@options.progress
@options.as_json
@with_client
def retry(client: Client, job: str, wait: float | None, progress: str, as_json: bool) -> Exit:
    """Order a new job like one that has ended.

    JOB is an id, a unique prefix of one, or @last. Files that are in place already are skipped.
    """
    again = client.retry(resolve(client, job))
    return hand_over(client, again, wait=wait, how=progress, as_json=as_json)
