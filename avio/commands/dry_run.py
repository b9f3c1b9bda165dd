"""`--dry-run` of `avio preload` and `avio save`: have the job planned, wait for the plan, and tell it."""

import math
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import click

from avio.client import Client, ClientError, WaitOver
from avio.client.plan_shapes import Plan
from avio.client.shapes import JobInfo
from avio.commands import plan_file, progress_text
from avio.commands.exit_codes import Exit
from avio.commands.progress_display import choose
from avio.commands.wait import follow_to_end, say_end
from avio.commands.wording import in_cli_words
from avio.terminal.cells import duration, printable, size
from avio.terminal.json_output import print_json
from avio.wire.states import JobType, State

F = TypeVar("F", bound=Callable[..., Any])

NOTHING_MATCHED = "NOTHING_MATCHED"


def dry_run_options(command: F) -> F:
    """Add `--dry-run` and `--plan` to a command."""
    plan = click.option(
        "--plan",
        "plan_to",
        type=click.Path(dir_okay=False, writable=True, path_type=Path),
        metavar="FILE",
        help="With --dry-run: write a line for each file into FILE, which avio apply moves.",
    )
    dry_run = click.option("--dry-run", is_flag=True, help="Say what would be done, wait for that, and move nothing.")
    return dry_run(plan(command))


def check_plan(plan_to: Path | None, *, dry_run: bool) -> None:
    """Raise UsageError for a --plan without --dry-run, and for a file that has no directory."""
    if plan_to is None:
        return
    if not dry_run:
        raise click.UsageError("--plan has no effect without --dry-run; add it")
    if not plan_to.parent.is_dir():
        raise click.UsageError(f"--plan: there is no directory {plan_to.parent}; make it first")


def run(
    client: Client,
    kind: JobType,
    params: dict[str, Any],
    *,
    name: str | None,
    wait: float | None,
    how: str,
    as_json: bool,
    plan_to: Path | None,
) -> Exit:
    """Have a `kind` job planned, and tell the plan. Whatever ends the wait cancels the plan: nobody else reads it."""
    job = client.plan(kind, params, name=name)
    ended = _followed(client, job, limit=math.inf if wait is None else wait, how=how)
    if ended["status"] != State.SUCCEEDED:
        return say_end(ended)
    detail = client.job(ended["id"])
    plan = detail.get("plan")
    if plan is None:
        return say_end(ended)
    if as_json:
        print_json(detail)
    else:
        _tell(plan)
    if plan_to is not None:
        plan_file.write(plan_to, detail, client.plan_lines(ended["id"]))
        click.echo(f"plan written; after any changes: avio apply {printable(plan_to)}", err=True)
    return _exit_of(plan)


def _followed(client: Client, job: JobInfo, *, limit: float, how: str) -> JobInfo:
    try:
        return follow_to_end(client, job["id"], limit=limit, display=choose(how, sys.stderr), stays=False)
    except BaseException as error:
        with suppress(ClientError):
            client.cancel(job["id"])
            click.echo(printable(f"the plan {job['id']} is cancelled; nothing was moved"), err=True)
        if isinstance(error, WaitOver):
            error.why, error.cure = "the plan was cancelled", "wait longer, or plan a part of the tree"
        raise


def _tell(plan: Plan) -> None:
    seconds = plan["expectedSeconds"]
    time = "" if seconds is None else f"; about {duration(max(1.0, seconds))}"
    click.echo(printable(in_cli_words(plan["summary"]) + time))
    counts = {
        "in place": plan["inPlace"],
        "to move": plan["toMove"],
        "kept": plan["kept"],
    }
    for label, amount in counts.items():
        click.echo(f"  {label + ':':<12}{progress_text.amount(amount)}")
    others = {"would fail": "filesFailed", "left out": "filesLeftOut", "excluded": "filesExcluded"}
    for label, member in others.items():
        if number := plan[member]:  # type: ignore[literal-required]
            click.echo(f"  {label + ':':<12}{number:,}")
    if plan["requests"] is not None:
        click.echo(f"  {'requests:':<12}{plan['requests']:,} or more")
    for tier in plan["tiers"]:
        fits = "fits" if tier["fits"] else "does not fit"
        click.echo(printable(f"  {'tier:':<12}{tier['alias']}, {size(tier['free'])} free: {fits}"))
    for each in plan["jobs"]:
        where = each["path"] or "several paths"
        what = f"{JobType(each['type']).name.lower()} {each['id']} of {each['user']}, {each['status']}: {where}"
        click.echo(printable(f"  {'beside:':<12}{what}"))
    if plan["moreJobs"]:
        click.echo(f"  {'beside:':<12}more jobs")
    for notice in plan["warnings"]:
        click.echo(printable(f"  {'note:':<12}{in_cli_words(notice['message'])} ({notice['reason']})"))


def _exit_of(plan: Plan) -> Exit:
    """Return 10 if not all fits, 11 if no file matches, else 0."""
    if any(notice["reason"] == NOTHING_MATCHED for notice in plan["warnings"]):
        return Exit.NOTHING_MATCHED
    return Exit.NO_ROOM if plan["fits"] is False else Exit.OK
