"""The options that say when a new job may begin: `--at` and `--after`."""

from collections.abc import Sequence

import click

from avio.client import Client
from avio.client.shapes import Begin
from avio.commands.job_ids import complete_job, resolve
from avio.terminal.quantities import LaterMoment
from avio.terminal.texts import Text
from avio.wire.after import SUCCEEDED

begin_options = (
    click.option("--at", type=LaterMoment(), help="Begin no earlier than this."),
    click.option(
        "--after",
        type=Text(),
        multiple=True,
        metavar=f"JOB[{SUCCEEDED}]",
        shell_complete=complete_job,
        help=f"Begin when JOB has ended; with {SUCCEEDED} only if it succeeded. May be repeated.",
    ),
)


def begin_of(client: Client, at: str | None, after: Sequence[str]) -> Begin:
    """Return the members of a job request; jobs may be named as everywhere."""
    begin: Begin = {}
    if at is not None:
        begin["at"] = at
    if after:
        begin["after"] = [_resolved(client, text) for text in after]
    return begin


def _resolved(client: Client, text: str) -> str:
    job, mark, condition = text.partition(":")
    if mark + condition not in ("", SUCCEEDED):
        raise click.BadParameter(f"{text!r} is not JOB or JOB{SUCCEEDED}", param_hint="'--after'")
    return resolve(client, job) + mark + condition
