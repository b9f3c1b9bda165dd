"""`avio jobs`: the table of jobs."""

import sys
from collections.abc import Iterator
from itertools import chain
from typing import Any

import click
from click.shell_completion import CompletionItem

from avio.client import Client, pages
from avio.client.shapes import JobInfo, JobPage
from avio.commands import options
from avio.commands.command import Command
from avio.commands.job_columns import columns
from avio.commands.jobs_screen import watch_jobs
from avio.commands.session import impatient, with_client
from avio.terminal.json_output import print_json_list
from avio.terminal.numbers import WholeNumber
from avio.terminal.tables import is_terminal, print_table
from avio.terminal.texts import Text
from avio.wire.job_filters import STATUSES, TERMS, TYPES, FilterError, parse
from avio.wire.states import JobType

PAGE = 100
LOOK_SECONDS = 10.0  # for a reply to `-w`, which asks again anyway
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
@click.option("-w", "--watch", "live", is_flag=True, help="Show them anew every two seconds, until Ctrl-C.")
@options.as_json
@with_client
def jobs(
    client: Client,
    terms: tuple[str, ...],
    status: tuple[str, ...],
    kinds: tuple[str, ...],
    limit: int,
    everything: bool,
    live: bool,
    as_json: bool,
) -> None:
    """List jobs, newest first.

    FILTER is one or more of status:, type:, path:, user:, name:, node:, label:, since: and until:, such as
    'status:failed path:/datasets/* since:2d'. Several values have commas; one with blanks has quotes.
    With -w the table is shown until Ctrl-C, also while the server is gone.
    """
    matching = _filter(terms)
    query = {"statuses": status, "kinds": [JobType[name.upper()] for name in kinds], "matching": matching}
    if live:
        _require_terminal(everything=everything, as_json=as_json)
        with impatient(client, LOOK_SECONDS) as own:
            watch_jobs(lambda: _look(own, query, limit), sys.stdout)
    first, batches = _found(client, query, None if everything else limit)
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


def _found(client: Client, query: dict[str, Any], limit: int | None) -> tuple[JobPage, Iterator[list[JobInfo]]]:
    """Return the first page that has jobs, and the jobs of all pages up to `limit`."""

    def fetch(token: str | None) -> JobPage:
        return client.jobs(page_size=min(limit or PAGE, PAGE), page_token=token, **query)

    found = pages(fetch)
    first = next((page for page in found if page["jobs"]), NONE)  # a search may have empty pages before it
    return first, _up_to(limit, chain([first], found))


def _look(client: Client, query: dict[str, Any], limit: int) -> tuple[list[JobInfo], dict[str, str]]:
    """Return the newest jobs as they stand now, and the names of users that the server tells admins."""
    first, batches = _found(client, query, limit)
    return list(chain.from_iterable(batches)), first.get("users") or {}


def _require_terminal(*, everything: bool, as_json: bool) -> None:
    if everything or as_json:
        raise click.UsageError("-w shows the newest jobs on a terminal; leave out --all and --json")
    if not is_terminal():
        raise click.UsageError("-w needs a terminal; programs follow a job with: avio watch JOB --json")


def _up_to(limit: int | None, found: Iterator[JobPage]) -> Iterator[list[JobInfo]]:
    left = limit
    for page in found:
        yield page["jobs"][:left]
        if left is not None:
            left -= len(page["jobs"])
            if left <= 0:
                return
