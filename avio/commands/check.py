"""`avio check`: compare bucket and cache, a line for each file."""

import math
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

import click

from avio.client import Client, path_of
from avio.client.shapes import ReportLine
from avio.commands.begin_options import begin_of
from avio.commands.exit_codes import Exit
from avio.commands.filter_options import FilterCommand
from avio.commands.order_options import build_params, order_options
from avio.commands.progress_display import choose
from avio.commands.session import with_client
from avio.commands.wait import follow_to_end, hand_over, say_end
from avio.terminal.cells import printable
from avio.terminal.json_output import print_json
from avio.wire.results import Outcome
from avio.wire.states import JobType

BATCH = 1000  # lines that are printed at once

# The character of each outcome: those of `rclone check CACHE BUCKET --combined`.
SIGNS = {
    Outcome.SAME: "=",
    Outcome.ONLY_IN_BUCKET: "-",
    Outcome.ONLY_IN_CACHE: "+",
    Outcome.DIFFERENT: "*",
    Outcome.FAILED: "!",
    Outcome.LEFT_OUT: "!",
}

no_wait = click.option("--no-wait", is_flag=True, help="Print the id of the job and leave: avio report shows the rest.")


@click.command(cls=FilterCommand)
@order_options(JobType.CHECK, no_wait)
@with_client
def check(
    client: Client,
    /,
    paths: tuple[str, ...],
    from_file: BinaryIO | None,
    from_object: str | None,
    null: bool,
    name: str | None,
    at: str | None,
    after: tuple[str, ...],
    no_wait: bool,
    progress: str,
    as_json: bool,
    **chosen: Any,
) -> Exit:
    """Compare bucket and cache at each PATH, or a list of paths; nothing is moved.

    Waits for the end of the job, then prints a line for each file: = the same in both, - missing in the cache,
    + only in the cache, * in both and different, ! not compared. Ends with code 0 only if all files are the same.
    """
    begin = begin_of(client, at, after)
    params = build_params(client, paths, from_file, from_object, chosen, null=null)
    job = client.submit(JobType.CHECK, params, name=name, begin=begin)
    if no_wait:
        return hand_over(client, job, wait=None, how=progress, as_json=as_json)
    ended = follow_to_end(client, job["id"], limit=math.inf, display=choose(progress, sys.stderr))
    if ended["progress"]["total"]["files"] or ended["progress"].get("filesLeftOut"):
        _print(client.report(ended["id"]), as_json=as_json)
    return say_end(ended)


def _print(lines: Iterator[ReportLine], *, as_json: bool) -> None:
    if as_json:
        for line in lines:
            print_json(line)
        return
    while batch := list(islice(lines, BATCH)):
        click.echo("\n".join(f"{SIGNS[Outcome(line['outcome'])]} {printable(path_of(line))}" for line in batch))
