"""`avio cancel`: request the cancellation of a job."""

import click

from avio.client import Client
from avio.commands import options
from avio.commands.command import Command
from avio.commands.exit_codes import Exit
from avio.commands.job_ids import resolve
from avio.commands.session import with_client
from avio.commands.wait import say_end, wait_for_end
from avio.terminal.cells import printable
from avio.terminal.json_output import print_json
from avio.wire.states import State


@click.command(cls=Command)
@options.job_argument
@options.wait
@options.progress
@options.as_json
@with_client
def cancel(client: Client, job: str, wait: float | None, progress: str, as_json: bool) -> Exit:
    """Cancel a job.

    JOB is an id, a unique prefix of one, or @last. With --wait the exit code is 0 once the job is cancelled; where
    it ended in another way before that, the code for that.
    """
    info = client.cancel(resolve(client, job))
    if wait is None:
        if as_json:
            print_json(info)
        click.echo(printable(f"{info['id']} is {info['status']}; follow with: avio watch {info['id']}"), err=True)
        return Exit.OK
    ended = wait_for_end(client, info, limit=wait, how=progress, as_json=as_json)
    if ended["status"] == State.CANCELLED:
        click.echo(f"cancelled {printable(ended['id'])}", err=True)
        return Exit.OK
    return say_end(ended)
