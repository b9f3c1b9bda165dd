"""The options and arguments that several commands share."""

import click

from avio.commands.job_ids import complete_job
from avio.terminal.numbers import Number
from avio.terminal.texts import Text

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, with the names of the API.")

job_argument = click.argument("job", type=Text(), shell_complete=complete_job)

wait = click.option(
    "--wait",
    type=Number(min=1),
    metavar="[=SECONDS]",
    help="Wait for the end of the job and leave with its exit code; at most SECONDS (default: no limit).",
)

progress = click.option(
    "--progress",
    type=click.Choice(["auto", "bar", "lines", "none"]),
    default="auto",
    envvar="AVIO_PROGRESS",
    help="How to show progress; auto is a bar on a terminal, lines elsewhere.",
)
