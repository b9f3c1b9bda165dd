"""`avio set`: change the limits or the name of a job while it runs."""

from collections.abc import Iterator
from enum import Enum
from typing import Any

import click

from avio.client import Client
from avio.client.shapes import JobInfo
from avio.commands import options
from avio.commands.command import Command
from avio.commands.job_ids import resolve
from avio.commands.order_options import type_of
from avio.commands.progress_text import limits_of
from avio.commands.session import with_client
from avio.terminal.cells import printable
from avio.terminal.json_output import print_json
from avio.terminal.texts import Text
from avio.wire.options import camel
from avio.wire.params import LIVE, OPTIONS


class Word(Enum):
    """A word in place of a value."""

    NONE = "none"


class _OrNone(click.ParamType[Any]):
    """A value of `inner`, or the word `none`."""

    def __init__(self, inner: "click.ParamType[Any]") -> None:
        self._inner = inner
        self.name = f"{inner.name}|{Word.NONE.value}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return Word.NONE, or what `inner` makes of the value."""
        return Word.NONE if value == Word.NONE.value else self._inner.convert(value, param, ctx)


def _live_options(command: Any) -> Any:
    """Add the options that may change while a job runs."""
    for name in reversed(LIVE):
        rule = OPTIONS[name]
        command = click.option(f"--{name.replace('_', '-')}", type=_OrNone(type_of(rule)), help=rule.help)(command)
    return command


@click.command("set", cls=Command)
@options.job_argument
@_live_options
@click.option("--name", type=Text(), help="A name for the job, for your own use.")
@options.as_json
@with_client
def set_(client: Client, /, job: str, as_json: bool, **chosen: Any) -> None:
    """Change the limits or the name of a job while it runs.

    JOB is an id, a unique prefix of one, or @last. The word none takes a limit away. A queued job is changed
    too.
    """
    changes = {
        camel(name): None if value is Word.NONE else value for name, value in chosen.items() if value is not None
    }
    if not changes:
        raise click.UsageError(f"give at least one of {', '.join(_names())}")
    info = client.change(resolve(client, job), changes)
    if as_json:
        print_json(info)
    else:
        click.echo(printable(_said(info)), err=True)


def _names() -> Iterator[str]:
    yield from (f"--{name.replace('_', '-')}" for name in (*LIVE, "name"))


def _said(job: JobInfo) -> str:
    name = f", name {job['name']}" if job["name"] else ""
    return f"{job['id']} is {job['status']}: {limits_of(job)}{name}"
