"""`avio jobs`: the table of jobs."""

from collections.abc import Iterator

import click

from avio.client import Client, pages
from avio.client.shapes import JobInfo, JobPage
from avio.commands import options, progress_text
from avio.commands.command import Command
from avio.commands.session import with_client
from avio.terminal.cells import NOTHING, moment, printable, raw, raw_moment
from avio.terminal.json_output import print_json_list
from avio.terminal.numbers import WholeNumber
from avio.terminal.tables import Column, print_table
from avio.wire.states import JobType, State

PAGE = 100

STATUSES = [state.value for state in State]
TYPES = [kind.name.lower() for kind in JobType]

COLUMNS = (
    Column("ID", lambda job: job["id"], lambda job: job["id"]),
    Column("TYPE", progress_text.kind, progress_text.kind, width=7),
    Column("NAME", lambda job: printable(job["name"] or NOTHING), lambda job: raw(job["name"])),
    Column("STATUS", lambda job: job["status"], lambda job: job["status"], width=9),
    Column("DONE", progress_text.files_of, lambda job: raw(job["progress"]["done"]["files"]), right=True),
    Column("PROGRESS", progress_text.percent_of, lambda job: raw(job["progress"]["percent"]), right=True),
    Column("CREATED", lambda job: moment(job["createTime"]), lambda job: raw_moment(job["createTime"])),
    Column("LEFT", progress_text.left_of, lambda job: raw_moment((job.get("eta") or {}).get("p50")), right=True),
)


@click.command(cls=Command)
@click.option("--status", multiple=True, type=click.Choice(STATUSES), help="Only this status; may be repeated.")
@click.option("--type", "kinds", multiple=True, type=click.Choice(TYPES), help="Only this type; may be repeated.")
@click.option("--limit", type=WholeNumber(min=1), default=20, show_default=True, help="Show so many jobs.")
@click.option("--all", "everything", is_flag=True, help="Show all jobs, whatever --limit says.")
@options.as_json
@with_client
def jobs(
    client: Client, status: tuple[str, ...], kinds: tuple[str, ...], limit: int, everything: bool, as_json: bool
) -> None:
    """List jobs, newest first."""
    numbers = [JobType[name.upper()] for name in kinds]

    def fetch(token: str | None) -> JobPage:
        size = PAGE if everything else min(limit, PAGE)
        return client.jobs(statuses=status, kinds=numbers, page_size=size, page_token=token)

    batches = _up_to(None if everything else limit, pages(fetch))
    if as_json:
        print_json_list({}, "jobs", batches)
    else:
        print_table(COLUMNS, batches)


def _up_to(limit: int | None, found: Iterator[JobPage]) -> Iterator[list[JobInfo]]:
    left = limit
    for page in found:
        yield page["jobs"][:left]
        if left is not None:
            left -= len(page["jobs"])
            if left <= 0:
                return
