"""What preload and save share: where the paths come from, and the options that `avio.wire.params` declares for them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any, BinaryIO, TypeVar

import click

from avio.client import Client, spelled_path
from avio.commands import options
from avio.terminal.numbers import WholeNumber
from avio.wire.params import Option, Params, camel
from avio.wire.states import JobType

CHUNK_BYTES = 1 << 16

F = TypeVar("F", bound=Callable[..., Any])

_BEFORE = (
    click.argument("path", required=False),
    click.option("--from-file", type=click.File("rb"), help="A file of paths, one a line; - for standard input."),
    click.option("--name", help="A name for the job, for your own use."),
)
_AFTER = (options.wait, options.progress, options.as_json)


def order_options(verb: JobType) -> Callable[[F], F]:
    """Return what adds PATH and the options of a `verb` job to a command; those of the job come as keywords."""

    def add(command: F) -> F:
        for decorate in reversed((*_BEFORE, *declared(verb), *_AFTER)):
            command = decorate(command)
        return command

    return add


def declared(verb: JobType, table: type = Params) -> Iterator[Callable[[F], F]]:
    """Yield the options of `table` that `verb` jobs act on; those not given come as None, for the server's default."""
    for member in fields(table):
        rule: Option = member.metadata["option"]
        if verb in rule.verbs and not rule.names_files:
            name = "--" + member.name.replace("_", "-")
            if member.default is False:
                yield click.option(name, is_flag=True, default=None, help=rule.help)
            else:
                default = "" if member.default is None else f" Default: {member.default}."
                yield click.option(name, type=_type(rule), help=rule.help + default)


def _type(rule: Option) -> "click.ParamType[Any]":
    if rule.choices:
        return click.Choice(rule.choices)
    return click.STRING if rule.least is None else WholeNumber(rule.least, rule.most)


def build_params(
    client: Client, path: str | None, from_file: BinaryIO | None, chosen: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the params of an order, after uploading its file list if there is one; what was not chosen is left out."""
    if (path is None) == (from_file is None):
        raise click.UsageError("give either PATH or --from-file")
    params = {camel(name): value for name, value in chosen.items() if value is not None}
    if from_file is None:
        return params | spelled_path(path or "")
    uploaded = client.upload_file_list(iter(lambda: from_file.read(CHUNK_BYTES), b""))
    return params | {"fromFileList": True, "fileListId": uploaded["fileListId"]}
