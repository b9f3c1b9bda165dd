"""`avio jobs`: the table of jobs."""

from collections.abc import Iterator
from itertools import chain

import click
from click.shell_completion import CompletionItem

from avio.client import Client, pages
from avio.client.shapes import JobInfo, JobPage
from avio.commands import options
from avio.commands.command import Command
from avio.commands.job_columns import columns
from avio.commands.session import with_client
from avio.terminal.json_output import print_json_list
from avio.terminal.numbers import WholeNumber
from avio.terminal.tables import print_table
from avio.terminal.texts import Text
from avio.wire.job_filters import STATUSES, TERMS, TYPES, FilterError, parse
from avio.wire.states import JobType

PAGE = 100
NONE: JobPage = {"jobs": [], "nextPageToken": None}
VALUES = {"status": STATUSES, "type": TYPES, "since": ("1h", "1d", "7d")}


def complete_filter(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the terms of a filter to the shell, and the values of those that have few."""
    term, colon, value = incomplete.partition(":")
    if not colon:
        return [CompletionItem(f"{name}:") for name in TERMS if name.startswith(term)]
    before, comma, last = value.rpartition(",")
    return [CompletionItem(f"{term}:{before}{comma}{each}") for each in VALUES.get(term, ()) if each.startswith(last)]


@click.command(cls=Command)
@click.argument("terms", nargs=-1, metavar="[FILTER]...", type=Text(), shell_complete=complete_filter)
@click.option("--status", multiple=True, type=click.Choice(STATUSES), help="Only this status; may be repeated.")
@click.option("--type", "kinds", multiple=True, type=click.Choice(TYPES), help="Only this type; may be repeated.")
@click.option("--limit", type=WholeNumber(min=1), default=20, show_default=True, help="Show so many jobs.")
@click.option("--all", "everything", is_flag=True, help="Show all jobs, whatever --limit says.")
@options.as_json
@with_client
def jobs(
    client: Client,
    terms: tuple[str, ...],
    status: tuple[str, ...],
    kinds: tuple[str, ...],
    limit: int,
    everything: bool,
    as_json: bool,
) -> None:
    """List jobs, newest first.

    FILTER is one or more of status:, type:, path:, user:, name:, node:, label:, since: and until:, such as
    'status:failed path:/datasets/* since:2d'. Several values have commas; one with blanks has quotes.
    """
    matching = _filter(terms)
    numbers = [JobType[name.upper()] for name in kinds]

    def fetch(token: str | None) -> JobPage:
        size = PAGE if everything else min(limit, PAGE)
        return client.jobs(statuses=status, kinds=numbers, matching=matching, page_size=size, page_token=token)

    found = pages(fetch)
    first = next((page for page in found if page["jobs"]), NONE)  # a search may have empty pages before it
    batches = _up_to(None if everything else limit, chain([first], found))
    if as_json:
        print_json_list({}, "jobs", batches)
    else:
        print_table(columns(first.get("users") or {}), batches)


def _filter(terms: tuple[str, ...]) -> str | None:
    """Return the filter of some words. Raise UsageError if it is invalid, as the server would."""
    matching = " ".join(terms)
    try:
        parse(matching)
    except FilterError as error:
        raise click.UsageError(f"FILTER: {error}") from None
    return matching or None


def _up_to(limit: int | None, found: Iterator[JobPage]) -> Iterator[list[JobInfo]]:
    left = limit
    for page in found:
        yield page["jobs"][:left]
        if left is not None:
            left -= len(page["jobs"])
            if left <= 0:
                return
