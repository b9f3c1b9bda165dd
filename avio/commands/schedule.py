"""`avio schedule`: jobs that are ordered again and again, by a cron expression."""

from collections.abc import Mapping
from typing import Any, cast

import click

from avio.client import Client, pages
from avio.client.schedule_shapes import ScheduleDetail
from avio.client.shapes import JobInfo
from avio.commands import options, params_text, progress_text
from avio.commands.command import Command
from avio.commands.exit_codes import Exit
from avio.commands.schedule_ids import resolve_schedule, schedule_argument
from avio.commands.schedule_order import complete_order, read_order
from avio.commands.session import with_client
from avio.commands.wait import hand_over
from avio.commands.wording import in_cli_words
from avio.lazygroup import WholeLines
from avio.terminal.cells import NOTHING, moment, printable, raw
from avio.terminal.json_output import print_json, print_json_list
from avio.terminal.tables import Column, print_record, print_table
from avio.terminal.texts import Text
from avio.terminal.zones import zone_here
from avio.wire.schedules import Missed, Overlap

COLUMNS = (
    Column("ID", lambda row: row["id"], lambda row: row["id"]),
    Column("NAME", lambda row: printable(row["name"] or NOTHING), lambda row: raw(row["name"]), rank=2, keeps="start"),
    Column("STATUS", lambda row: row["status"], lambda row: row["status"], width=6, rank=1),
    Column("JOB", lambda row: _job_of(row), lambda row: _job_of(row), rank=4, keeps="ends"),
    Column("LAST", lambda row: _last(row), lambda row: _last(row), width=9, rank=3),
    Column("WHEN", lambda row: printable(row["summary"]), lambda row: raw(row["summary"]), rank=5, keeps="start"),
)

_WHEN = (
    click.option("--cron", type=Text(), metavar="CRON", help="Minute, hour, day of month, month, day of week."),
    click.option(
        "--tz",
        "timezone",
        type=Text(),
        metavar="ZONE",
        help="Time zone of these, such as Asia/Shanghai. Of a new schedule by default that of this machine, or UTC.",
    ),
    click.option("--name", type=Text(), help="A name for the schedule and its jobs, for your own use."),
    click.option(
        "--missed",
        type=click.Choice([each.value for each in Missed]),
        help="Ticks that passed while the server did not run: one job for all of them, or none. Default: once.",
    ),
    click.option(
        "--overlap",
        type=click.Choice([each.value for each in Overlap]),
        help="A tick while a job of before has not ended: no job, or one that begins after it. Default: skip.",
    ),
)


def _when(command: Any) -> Any:
    for decorate in reversed(_WHEN):
        command = decorate(command)
    return command


@click.group(cls=WholeLines)
def schedule() -> None:
    """Order the same job again and again, by a cron expression."""


@schedule.command(cls=Command, context_settings={"allow_interspersed_args": False})
@_when
@options.as_json
@click.argument(
    "order",
    nargs=-1,
    required=True,
    type=click.UNPROCESSED,
    metavar="-- preload|save|check PATH... [OPTION]...",
    shell_complete=complete_order,
)
@with_client
def create(client: Client, /, order: tuple[str, ...], as_json: bool, **when: str | None) -> None:
    """Make a schedule. Prints its id.

    For example, for 02:00 of every day:

    \b
    avio schedule create --cron '0 2 * * *' -- preload /data --exclude '*.tmp'
    """  # noqa: D301 - click looks for the character backspace
    if when["cron"] is None:
        raise click.UsageError("Missing option '--cron'.")
    wanted = read_order(client, order)
    members = _given({"timezone": zone_here(), "name": wanted.name} | _given(when))
    made = client.schedules.create({"type": int(wanted.type), "params": wanted.params, **members})
    if as_json:
        print_json(made)
    else:
        click.echo(made["id"])
        click.echo(printable(made["summary"]), err=True)


@schedule.command("list", cls=Command)
@options.as_json
@with_client
def list_(client: Client, as_json: bool) -> None:
    """List your schedules, newest first."""
    batches = (page["schedules"] for page in pages(lambda token: client.schedules.page(page_token=token)))
    if as_json:
        print_json_list({}, "schedules", batches)
    else:
        print_table(COLUMNS, batches)


@schedule.command(cls=Command)
@schedule_argument
@options.as_json
@with_client
def show(client: Client, schedule: str, as_json: bool) -> None:
    """Show one SCHEDULE with its newest jobs, by its id, a unique prefix of it, or its name."""
    found = client.schedules.get(resolve_schedule(client, schedule))
    if as_json:
        print_json(found)
    else:
        print_record(_record(found))


@schedule.command(cls=Command)
@schedule_argument
@options.as_json
@with_client
def pause(client: Client, schedule: str, as_json: bool) -> None:
    """Make no more jobs of SCHEDULE until it is resumed. Those that there are go on."""
    _change(client, schedule, {"paused": True}, as_json=as_json)


@schedule.command(cls=Command)
@schedule_argument
@options.as_json
@with_client
def resume(client: Client, schedule: str, as_json: bool) -> None:
    """Make jobs of SCHEDULE again, from its first tick after now."""
    _change(client, schedule, {"paused": False}, as_json=as_json)


@schedule.command("set", cls=Command)
@schedule_argument
@_when
@options.as_json
@with_client
def set_(client: Client, /, schedule: str, as_json: bool, **when: str | None) -> None:
    """Change when SCHEDULE makes jobs, or its name."""
    if not (changes := _given(when)):
        raise click.UsageError("give at least one of --cron, --tz, --name, --missed, --overlap")
    _change(client, schedule, changes, as_json=as_json)


@schedule.command(cls=Command)
@schedule_argument
@options.wait
@options.progress
@options.as_json
@with_client
def run(client: Client, schedule: str, wait: float | None, progress: str, as_json: bool) -> Exit:
    """Run a job of SCHEDULE now, whether it is paused or not. Prints the id of the job."""
    job = client.schedules.run(resolve_schedule(client, schedule))
    return hand_over(client, job, wait=wait, how=progress, as_json=as_json)


@schedule.command(cls=Command)
@schedule_argument
@options.as_json
@with_client
def delete(client: Client, schedule: str, as_json: bool) -> None:
    """Delete SCHEDULE. Its jobs stay, and those that have not ended go on."""
    schedule_id = resolve_schedule(client, schedule)
    client.schedules.delete(schedule_id)
    if as_json:
        print_json({"id": schedule_id})
    click.echo(printable(f"deleted {schedule_id}"), err=True)


def _change(client: Client, schedule: str, changes: Mapping[str, Any], *, as_json: bool) -> None:
    changed = client.schedules.change(resolve_schedule(client, schedule), changes)
    if as_json:
        print_json(changed)
    else:
        click.echo(printable(f"{changed['id']} is {changed['status']}: {changed['summary']}"), err=True)


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _job_of(row: Any) -> str:
    """Return such as `preload /data`."""
    return f"{progress_text.kind(row)} {progress_text.subject(row)}"


def _last(row: Any) -> str:
    return row["lastJob"]["status"] if row["lastJob"] else NOTHING


def _record(found: ScheduleDetail) -> list[tuple[str, str]]:
    order = cast(JobInfo, found)  # type and params are those of a job
    params = found["params"]
    status = ": ".join(part for part in (found["status"], in_cli_words(found["message"])) if part)
    return [
        ("Id", found["id"]),
        ("Name", printable(found["name"] or NOTHING)),
        ("When", printable(found["summary"])),
        ("Cron", printable(f"{found['cron']} {found['timezone']}")),
        ("Missed", found["missed"]),
        ("Overlap", found["overlap"]),
        ("Status", printable(status)),
        ("Next", moment(found["nextTime"])),
        ("Last", moment(found["lastTime"])),
        ("Type", progress_text.kind(order)),
        ("Path", progress_text.subject(order)),
        *(("Path", path) for path in progress_text.paths_of(order)[1:]),
        ("Options", printable(", ".join(params_text.options(params, apart=params_text.NOT_OPTIONS))) or NOTHING),
        ("Uid", str(found["uid"])),
        *(("Job", _run_text(job)) for job in found["jobs"]),
    ]


def _run_text(job: Any) -> str:
    ended = f", ended {moment(job['finishTime'])}" if job["finishTime"] else ""
    return f"{job['id']} {job['status']}, made {moment(job['createTime'])}{ended}"
