"""`avio watch`: follow a job to its end."""

import math
import sys

import click

from avio.client import Client
from avio.commands import options
from avio.commands.command import Command
from avio.commands.exit_codes import Exit
from avio.commands.job_ids import resolve
from avio.commands.progress_display import Json, choose
from avio.commands.session import with_client
from avio.commands.wait import follow_to_end, say_end


@click.command(cls=Command)
@options.job_argument
@options.wait
@options.progress
@options.as_json
@with_client
def watch(client: Client, job: str, wait: float | None, progress: str, as_json: bool) -> Exit:
    """Follow a job to its end.

    JOB is an id, a unique prefix of one, or @last. The exit code tells how it ended. Ctrl-C leaves the job running.
    """
    display = Json() if as_json else choose(progress, sys.stdout)
    limit = math.inf if wait is None else wait
    return say_end(follow_to_end(client, resolve(client, job), limit=limit, display=display))
