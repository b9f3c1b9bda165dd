"""`avio set`: change limits, priority, name or labels of a job until it ends."""

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
from avio.commands.progress_text import labels_of, limits_of
from avio.commands.session import with_client
from avio.terminal.cells import printable
from avio.terminal.json_output import print_json
from avio.terminal.texts import Text
from avio.wire.labels import check
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


class Label(click.ParamType[tuple[str, str | None]]):
    """NAME=VALUE. Without a value the label is removed."""

    name = "name=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str | None]:
        """Return name and value. Fail for what no label may have."""
        name, mark, text = Text().convert(value, param, ctx).partition("=")
        if not mark:
            self.fail(f"{value!r} has no =; write NAME=VALUE, or NAME= to remove the label", param, ctx)
        try:
            check({name: text})
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return name, text or None


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
@click.option("--label", "labels", multiple=True, type=Label(), help="NAME=VALUE, or NAME= to remove it. Repeatable.")
@options.as_json
@with_client
def set_(client: Client, /, job: str, as_json: bool, labels: tuple[tuple[str, str | None], ...], **chosen: Any) -> None:
    """Change limits, priority, name or labels of a job until it ends.

    JOB is an id, a unique prefix of one, or @last. The word none takes a limit away.
    """
    changes = {
        camel(name): None if value is Word.NONE else value for name, value in chosen.items() if value is not None
    }
    if labels:
        changes["labels"] = dict(labels)
    if not changes:
        raise click.UsageError(f"give at least one of {', '.join(_names())}")
    info = client.change(resolve(client, job), changes)
    if as_json:
        print_json(info)
    else:
        click.echo(printable(_said(info)), err=True)


def _names() -> Iterator[str]:
    yield from (f"--{name.replace('_', '-')}" for name in (*LIVE, "name", "label"))


def _said(job: JobInfo) -> str:
    priority = f", priority {job['priority']}" if job.get("priority") else ""
    name = f", name {job['name']}" if job["name"] else ""
    labels = f", labels {text}" if (text := labels_of(job)) else ""
    return f"{job['id']} is {job['status']}: {limits_of(job)}{priority}{name}{labels}"
