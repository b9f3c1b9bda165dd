"""`avio wait`: a gate for scripts. It ends when a path is cached or saved as far as asked for, or a job has ended."""

import sys
import time
from datetime import UTC, datetime
from typing import Any

import click
from click.shell_completion import CompletionItem

from avio.client import Client, ClientError, wait_for_path
from avio.client.shapes import EntryInfo, WaitInfo
from avio.commands import options
from avio.commands.command import Command
from avio.commands.exit_codes import Exit
from avio.commands.job_ids import complete_job, resolve
from avio.commands.path_completion import complete_path
from avio.commands.progress_display import LINE_SECONDS, Json, choose
from avio.commands.session import with_client
from avio.commands.wait import follow_to_end, say_end
from avio.terminal.cells import UNKNOWN, clock, percent, printable, size
from avio.terminal.json_output import print_json
from avio.terminal.quantities import Duration
from avio.terminal.texts import Text
from avio.undecoded import quoted
from avio.wire.conditions import ConditionError, parse

PATH_BEGINS = ("/", "alluxio://")


class Until(click.ParamType[str]):
    """A condition on a path."""

    name = "condition"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the condition in its canonical spelling."""
        try:
            return str(parse(str(value)))
        except ConditionError as error:
            self.fail(str(error), param, ctx)


class Target(Text):
    """A path, whose names may have any bytes, or what names a job."""

    name = "target"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text. Fail if it is neither."""
        text = str(value)
        if text.startswith(PATH_BEGINS):
            return text
        if "/" in text:
            self.fail(f"{quoted(text)} is neither a path, which begins with /, nor a job", param, ctx)
        return super().convert(text, param, ctx)


def complete_target(context: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer recent jobs to the shell, where no path begins."""
    complete = complete_path if incomplete.startswith(PATH_BEGINS) else complete_job
    return complete(context, param, incomplete)


@click.command(cls=Command)
@click.argument("target", metavar="PATH|JOB", type=Target(), shell_complete=complete_target)
@click.option(
    "--until",
    type=Until(),
    help="What PATH has to meet: cached (default), cached>=95%, cached>=10GiB, saved; several of them with commas.",
)
@click.option(
    "--timeout", type=Duration(), help="Wait for at most so long, such as 90s, 30m or 2h (default: no limit)."
)
@click.option("--missing", type=click.Choice(["error", "wait"]), help="If PATH is not there: end, or wait for it.")
@options.progress
@options.as_json
@with_client
def wait(
    client: Client,
    target: str,
    until: str | None,
    timeout: float | None,
    missing: str | None,
    progress: str,
    as_json: bool,
) -> Exit:
    """Wait until PATH is cached or saved, or until JOB has ended; for scripts.

    PATH begins with / or alluxio://; JOB is an id, a unique prefix of one, or @last. The exit code is 0 when the
    condition is met, 9 when --timeout is over, and 6 when there is no such path or job.
    """
    limit = float("inf") if timeout is None else timeout
    if target.startswith(PATH_BEGINS):
        return _wait_for_path(
            client, target, until or "cached", limit, missing=missing, shows=progress != "none", as_json=as_json
        )
    if until or missing:
        raise click.UsageError(f"{'--until' if until else '--missing'} is for a path, which begins with /")
    job = resolve(client, target)
    display = Json() if as_json else choose(progress, sys.stderr)
    return say_end(follow_to_end(client, job, limit=limit, display=display))


def _wait_for_path(
    client: Client, path: str, until: str, limit: float, *, missing: str | None, shows: bool, as_json: bool
) -> Exit:
    lines = _Lines(path, until, shows=shows)
    for info in wait_for_path(
        client, path, until, limit=limit, may_be_missing=missing == "wait", no_news=lines.no_news
    ):
        if not info["met"]:
            lines.show(info)
    if as_json:
        print_json(info)
    click.echo(printable(f"{path} meets {until}: {_standing(info['entry'])}"), err=True)
    return Exit.OK


class _Lines:
    """What is said on standard error while the condition is not met: each change, and a line every 30 s."""

    def __init__(self, path: str, until: str, *, shows: bool) -> None:
        self._head = f"{path} waits for {until}"
        self._shows = shows
        self._said = ""
        self._due = 0.0

    def show(self, info: WaitInfo) -> None:
        """Say how the path stands."""
        if info["entry"] is not None:
            self._say(_standing(info["entry"]))
        else:
            self._say("not looked at yet" if info["lookTime"] is None else "not there yet")

    def no_news(self, error: ClientError) -> None:
        """Say that nothing answers."""
        self._say(f"no answer, trying again: {error.message}")

    def _say(self, text: str) -> None:
        if self._shows and (text != self._said or time.monotonic() >= self._due):
            click.echo(printable(f"{clock(datetime.now(UTC))} {self._head}: {text}"), err=True)
            self._said, self._due = text, time.monotonic() + LINE_SECONDS


def _standing(entry: EntryInfo | None) -> str:
    """Return how much of a path is cached, and whether all that the cache has is saved."""
    if entry is None:
        return UNKNOWN
    counts = (UNKNOWN if count is None else str(count) for count in (entry["filesCached"], entry["files"]))
    parts = [
        f"{percent(entry['cachedPercent'])} cached",
        f"{size(entry['cachedBytes'])} of {size(entry['size'])}",
        "{} of {} files".format(*counts),
        *(["not all saved"] if entry["saved"] is False else []),
        *([f"{left_out} left out"] if (left_out := entry.get("leftOut")) else []),
    ]
    return ", ".join(parts)
