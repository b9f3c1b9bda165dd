"""`avio report`: what became of each file."""

from collections.abc import Iterator
from itertools import islice

import click

from avio.client import Client
from avio.client.shapes import ReportLine
from avio.commands import options
from avio.commands.cells import printable, raw, size
from avio.commands.command import Command
from avio.commands.jobids import resolve
from avio.commands.session import with_client
from avio.commands.tables import Column, print_json, print_table
from avio.wire.results import Outcome

BATCH = 1000

COLUMNS = (
    Column("OUTCOME", lambda row: row["outcome"], lambda row: row["outcome"]),
    Column("SIZE", lambda row: size(row["bytes"]), lambda row: raw(row["bytes"]), width=8, right=True),
    Column("TIER", lambda row: raw(row["tier"]), lambda row: raw(row["tier"]), width=4),
    Column("TRIES", lambda row: raw(row["tries"]), lambda row: raw(row["tries"]), right=True),
    Column("REASON", lambda row: raw(row["reason"]), lambda row: raw(row["reason"]), width=6),
    Column("PATH", lambda row: printable(row["path"]), lambda row: printable(row["path"])),
    Column("MESSAGE", lambda row: printable(row["message"] or ""), lambda row: raw(row["message"])),
)


@click.command(cls=Command)
@options.job_argument
@click.option("--failed", is_flag=True, help="Only files that are not where they should be.")
@options.as_json
@with_client
def report(client: Client, job: str, failed: bool, as_json: bool) -> None:
    """Print what became of each file of a job.

    JOB is an id, a unique prefix of one, or @last. With --json each line is an object.
    """
    lines = client.report(resolve(client, job), outcome=Outcome.FAILED if failed else None)
    if as_json:
        for line in lines:
            print_json(line)
    else:
        print_table(COLUMNS, _batches(lines))


def _batches(lines: Iterator[ReportLine]) -> Iterator[list[ReportLine]]:
    while batch := list(islice(lines, BATCH)):
        yield batch
