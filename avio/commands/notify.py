"""`avio notify`: the webhook that is told of the ends of the user's jobs, and the log of what was sent."""

import re
from typing import Any

import click

from avio.client import Client, pages
from avio.client.webhook_shapes import DeliveryPage, Webhook
from avio.commands import options
from avio.commands.command import Command
from avio.commands.job_ids import complete_job, resolve
from avio.commands.session import with_client
from avio.lazygroup import WholeLines
from avio.terminal.cells import NOTHING, moment, printable, raw, raw_moment, short_moment
from avio.terminal.json_output import print_json, print_json_list
from avio.terminal.tables import Column, print_record, print_table
from avio.terminal.texts import Text
from avio.wire.states import TERMINAL, State

ENDS = tuple(state.value for state in State if state in TERMINAL)

COLUMNS = (
    Column("JOB", lambda row: printable(row["job"]), lambda row: row["job"]),
    Column("STATUS", lambda row: printable(row["status"]), lambda row: row["status"], width=9, rank=1),
    Column("TRIES", lambda row: raw(row["tries"]), lambda row: raw(row["tries"]), right=True, rank=5),
    Column("CODE", lambda row: raw(row["code"]), lambda row: raw(row["code"]), width=4, right=True, rank=2),
    Column(
        "NEXT",
        lambda row: moment(row["nextTime"]),
        lambda row: raw_moment(row["nextTime"]),
        width=19,
        rank=6,
        short=lambda row: short_moment(row["nextTime"]),
    ),
    Column("URL", lambda row: printable(row["url"] or NOTHING), lambda row: raw(row["url"]), rank=3, keeps="ends"),
    Column("ERROR", lambda row: printable(row["error"]), lambda row: raw(row["error"]), rank=4, keeps="start"),
)


class _Ends(click.ParamType[list[str]]):
    """Ends of jobs, with commas."""

    name = ",".join(ENDS)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[str]:
        """Return the ends."""
        ends = [each for each in re.split(r"[\s,]+", value) if each]
        if not ends or (wrong := [each for each in ends if each not in ENDS]):
            self.fail(f"{', '.join(wrong) if ends else 'nothing'} is not an end; give one or more of {', '.join(ENDS)}")
        return ends


@click.group(cls=WholeLines)
def notify() -> None:
    """Have a URL told of the ends of your jobs, and see what was sent."""


@notify.command("set", cls=Command)
@click.argument("url", type=Text(), required=False)
@click.option("--on", "ends", type=_Ends(), default=",".join(ENDS), help="The ends that are told. Default: all.")
@click.option("--only-jobs", is_flag=True, help="No URL: only jobs that are ordered with --notify are told of.")
@click.option("--new-secret", is_flag=True, help="Make another secret; the receiver has to know it.")
@options.as_json
@with_client
def set_(client: Client, url: str | None, ends: list[str], only_jobs: bool, new_secret: bool, as_json: bool) -> None:
    """Have URL told of the ends of your jobs, in place of the URL before.

    The first time, and with --new-secret, it prints the secret by which the receiver checks the signature: it is shown
    this once.
    """
    if (url is None) is not only_jobs:
        raise click.UsageError("give either URL or --only-jobs")
    made = client.webhooks.set(url, ends, new_secret=new_secret)
    if as_json:
        print_json(made)
        return
    if made["secret"] is not None:
        click.echo(printable(made["secret"]))
        click.echo("this is the secret of your webhook; it is not shown again", err=True)
    click.echo(printable(_said(made)), err=True)


@notify.command(cls=Command)
@options.as_json
@with_client
def show(client: Client, as_json: bool) -> None:
    """Show your webhook, without its secret."""
    found = client.webhooks.get()
    if as_json:
        print_json(found)
        return
    print_record(
        [
            ("Url", printable(found["url"] or NOTHING)),
            ("On", printable(", ".join(found["on"]))),
            ("Secret made", moment(found["createTime"])),
            ("Changed", moment(found["updateTime"])),
        ]
    )


@notify.command(cls=Command)
@options.as_json
@with_client
def remove(client: Client, as_json: bool) -> None:
    """Remove your webhook and its secret: no end is told any more."""
    client.webhooks.delete()
    if as_json:
        print_json({})
    else:
        click.echo("removed", err=True)


@notify.command(cls=Command)
@click.argument("job", type=Text(), required=False, shell_complete=complete_job)
@options.as_json
@with_client
def log(client: Client, job: str | None, as_json: bool) -> None:
    """Show what was told of your jobs, newest job first; with JOB what was told of this one."""
    job_id = None if job is None else resolve(client, job)

    def fetch(token: str | None) -> DeliveryPage:
        return client.webhooks.deliveries(job_id=job_id, page_token=token)

    batches = (page["deliveries"] for page in pages(fetch))
    if as_json:
        print_json_list({}, "deliveries", batches)
    else:
        print_table(COLUMNS, batches)


def _said(webhook: Webhook) -> str:
    if webhook["url"] is None:
        return "jobs that are ordered with --notify are told of"
    return f"{webhook['url']} is told of jobs that end as {', '.join(webhook['on'])}"
