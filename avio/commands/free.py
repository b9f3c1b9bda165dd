"""`avio free`: drop a path from the cache."""

import math
import sys

import click

from avio.client import Client
from avio.client.amounts import Amount
from avio.commands import options
from avio.commands.command import Command
from avio.commands.exit_codes import Exit
from avio.commands.path_completion import complete_cached_path
from avio.commands.progress_display import choose
from avio.commands.progress_text import amount
from avio.commands.session import with_client
from avio.commands.wait import follow_to_end, say_end
from avio.terminal.cells import printable
from avio.terminal.json_output import print_json
from avio.undecoded import reread
from avio.wire.paths import PathError, canonical, encoded, shown_path
from avio.wire.states import State


@click.command(cls=Command)
@click.argument("path", shell_complete=complete_cached_path)
@click.option("-r", "--recursive", is_flag=True, help="Drop all files below a directory.")
@options.progress
@options.as_json
@with_client
def free(client: Client, path: str, recursive: bool, progress: str, as_json: bool) -> Exit:
    """Drop PATH from the cache; files that are unsaved or used by others are refused.

    You may free what your own jobs loaded or saved, unless a job of another user uses it. The bucket does not change.
    An Alluxio cluster drops the files within some seconds. If there are many files, a job drops them, and the command
    waits for its end.
    """
    freed = client.free(path, recursive=recursive)
    code = Exit.OK
    if "id" in freed:
        job = follow_to_end(client, freed["id"], limit=math.inf, display=choose(progress, sys.stderr))
        if job["status"] != State.SUCCEEDED:
            code = say_end(job)
        done = job["progress"]["done"]
        freed = {"path": job["params"]["alluxioUri"], "files": done["files"], "bytes": done["bytes"]}
        also = job["message"].partition("; ")[2]
    else:
        gone = freed.get("gone", 0)
        also = f"{gone} of them had been deleted in the bucket" if gone else ""
    if as_json:
        print_json(freed)
    elif code is Exit.OK:
        counted: Amount = {"files": freed["files"], "bytes": freed["bytes"]}
        text = "; ".join(filter(None, (f"freed {_named(path, freed['path'])}: {amount(counted)}", also)))
        click.echo(printable(text), err=True)
    return code


def _named(given: str, shown: str) -> str:
    """Return the path that was `given` if it is `shown` in percent form, else what is shown."""
    try:
        path = canonical(reread(given), any_name=True)
    except PathError:
        return shown
    return path if shown in (shown_path(path), encoded(path)) else shown
