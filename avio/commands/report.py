"""`avio report`: the outcome of each file."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import click

from avio.client import Client, pages, path_of
from avio.client.shapes import JobInfo, ReportLine
from avio.commands import options
from avio.commands.command import Command
from avio.commands.job_ids import resolve
from avio.commands.session import with_client
from avio.commands.wording import in_cli_words
from avio.terminal.cells import printable, raw, size
from avio.terminal.json_output import print_json
from avio.terminal.tables import Column, print_table
from avio.wire.results import FIRST, Outcome
from avio.wire.states import TERMINAL, JobType

BATCH = 1000
BOTH_CHANGED = "BOTH_CHANGED"


def _message(row: Any) -> str:
    return in_cli_words(row["message"] or "")


COLUMNS = (
    Column("OUTCOME", lambda row: row["outcome"], lambda row: row["outcome"], rank=1),
    Column("SIZE", lambda row: size(row["bytes"]), lambda row: raw(row["bytes"]), width=8, right=True, rank=4),
    Column("TIER", lambda row: raw(row["tier"]), lambda row: raw(row["tier"]), width=4, rank=6),
    Column("TRIES", lambda row: raw(row["tries"]), lambda row: raw(row["tries"]), right=True, rank=5),
    Column("REASON", lambda row: raw(row["reason"]), lambda row: raw(row["reason"]), width=6, rank=2),
    Column("PATH", lambda row: printable(path_of(row)), lambda row: printable(path_of(row))),
    Column("MESSAGE", lambda row: printable(_message(row)), lambda row: raw(_message(row)), rank=3, keeps="start"),
)


@click.command(cls=Command)
@options.job_argument
@click.option("--failed", is_flag=True, help="Only files that are not where they should be.")
@options.as_json
@with_client
def report(client: Client, job: str, failed: bool, as_json: bool) -> None:
    """Print the outcome of each file of a job.

    JOB is an id, a unique prefix of one, or @last. With --json each line is an object. With --failed it need not have
    ended: the files that have failed so far are shown. Of a check --failed shows all but the files that are the same.
    """
    job_id = resolve(client, job)
    info = client.job(job_id) if failed else None
    if info is not None and info["status"] not in TERMINAL:
        lines = _failed_so_far(client, job_id)
    else:
        lines = chain(
            chain.from_iterable(client.report(job_id, outcome=each) for each in _wanted(info)), _kept(client, info)
        )
    if as_json:
        for line in lines:
            print_json(line)
    else:
        print_table(COLUMNS, _batches(lines))


def _wanted(info: JobInfo | None) -> tuple[Outcome | None, ...]:
    """Return the outcomes to ask for: all without a job, else those of files that are not where they should be."""
    if info is None:
        return (None,)
    return FIRST if info["type"] == JobType.CHECK else (Outcome.FAILED, Outcome.LEFT_OUT)


def _kept(client: Client, info: JobInfo | None) -> Iterator[ReportLine]:
    """Yield the files that made a job partial though they did not fail: it kept them, since both sides had changed."""
    if info is not None and any(group["reason"] == BOTH_CHANGED for group in info["errors"]):
        yield from (line for line in client.report(info["id"], outcome=Outcome.KEPT) if line["reason"] == BOTH_CHANGED)


def _failed_so_far(client: Client, job_id: str) -> Iterator[ReportLine]:
    """Yield failed files in the shape of the report that the job will leave."""
    for page in pages(lambda token: client.failures(job_id, page_token=token)):
        for one in page["failures"]:
            yield {
                "path": one["path"],
                "outcome": Outcome.FAILED.value,
                "bytes": 0,
                "tier": None,
                "reason": one["reason"],
                "message": one["message"],
                "tries": one["tries"],
            }


def _batches(lines: Iterator[ReportLine]) -> Iterator[list[ReportLine]]:
    while batch := list(islice(lines, BATCH)):
        yield batch
