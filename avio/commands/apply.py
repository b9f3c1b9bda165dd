"""`avio apply`: move exactly the files of a plan."""

from itertools import chain
from typing import BinaryIO

import click

from avio.client import Client
from avio.commands import options
from avio.commands.command import Command
from avio.commands.exit_codes import Exit
from avio.commands.plan_file import PlanFile
from avio.commands.session import with_client
from avio.commands.wait import hand_over
from avio.terminal.texts import Text


@click.command(cls=Command)
@click.argument("file", type=click.File("rb"))
@click.option("--name", type=Text(), help="A name for the job, for your own use.")
@options.wait
@options.progress
@options.as_json
@with_client
def apply(client: Client, file: BinaryIO, name: str | None, wait: float | None, progress: str, as_json: bool) -> Exit:
    """Move exactly the files of the plan FILE.

    avio preload or save --dry-run --plan FILE has written it. Lines with the action load or save are moved, with the
    options of the plan; remove lines or change their action as you like. A file that has another version than its line
    fails by name, and the rest is moved. Prints the id of the job at once; with --wait follows it to its end.
    """
    plan = PlanFile(file)
    lines = plan.lines()
    first = next(lines, None)
    if first is None:
        click.echo("nothing to move: no line of the plan has the action load or save", err=True)
        return Exit.NOTHING_MATCHED
    uploaded = client.upload_file_list(chain([first], lines), versions=True)
    params = plan.params | {"fromFileList": True, "fileListId": uploaded["fileListId"], "versions": True}
    job = client.submit(plan.type, params, name=name)
    return hand_over(client, job, wait=wait, how=progress, as_json=as_json)
