"""What preload, save and check share: where paths come from, and the options that `avio.wire.params` declares."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, BinaryIO, TypeVar

import click

from avio.client import Client, spelled_paths, spelled_rules
from avio.commands import options
from avio.commands.begin_options import begin_options
from avio.commands.filter_options import filter_options
from avio.commands.path_completion import complete_path
from avio.terminal.numbers import ByteNumber, WholeNumber
from avio.terminal.quantities import Moment, Size
from avio.terminal.texts import Text, TextPath
from avio.wire.options import Kind, Option, camel
from avio.wire.params import MAX_NUMBER, Params
from avio.wire.states import JobType

CHUNK_BYTES = 1 << 16

F = TypeVar("F", bound=Callable[..., Any])

_BEFORE = (
    click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=complete_path),
    click.option("--from-file", type=click.File("rb"), help="A file of paths, one a line; - for standard input."),
    click.option(
        "--from-object",
        type=TextPath(),
        metavar="PATH",
        help="An object of the bucket with paths, one a line or with NULs.",
    ),
    click.option("-0", "--null", is_flag=True, help="The paths in the file end with NUL, as find -print0 writes them."),
    click.option("--name", type=Text(), help="A name for the job, for your own use."),
    *begin_options,
)
_AFTER = (options.progress, options.as_json)


def order_options(verb: JobType, wait: Callable[[Any], Any] = options.wait) -> Callable[[F], F]:
    """Return what adds PATH and the options of a `verb` job to a command; those of the job come as keywords.

    `wait` adds the option that says whether to wait.
    """

    def add(command: F) -> F:
        for decorate in reversed((*_BEFORE, *declared(verb), wait, *_AFTER)):
            command = decorate(command)
        return command

    return add


def declared(verb: JobType, table: type = Params) -> Iterator[Callable[[F], F]]:
    """Yield the options of `table` that `verb` jobs act on; those not given come as None, for the server's default."""
    for member in fields(table):
        rule: Option = member.metadata["option"]
        if rule.kind is Kind.RULES and verb in rule.verbs:
            yield filter_options
        elif verb in rule.verbs and not rule.names_files:
            name = "--" + member.name.replace("_", "-")
            if member.default is False:
                yield click.option(name, is_flag=True, default=None, help=rule.help_for(verb))
            else:
                default = "" if member.default is None else f" Default: {member.default}."
                yield click.option(name, type=type_of(rule), help=rule.help_for(verb) + default)


def type_of(rule: Option) -> "click.ParamType[Any]":
    """Return the type of an option with a value."""
    if rule.choices:
        return click.Choice(rule.choices)
    if rule.kind is Kind.BYTES:
        return ByteNumber(rule.least or 0, rule.most or MAX_NUMBER) if rule.live else Size()
    if rule.kind is Kind.MOMENT:
        return Moment()
    return Text() if rule.least is None else WholeNumber(rule.least, None if rule.most == MAX_NUMBER else rule.most)


def build_params(
    client: Client,
    paths: Sequence[str],
    from_file: BinaryIO | None,
    from_object: str | None,
    chosen: Mapping[str, Any],
    *,
    null: bool = False,
) -> dict[str, Any]:
    """Return the params of an order, after uploading its file list if there is one; what was not chosen is left out."""
    if bool(paths) + (from_file is not None) + (from_object is not None) != 1:
        raise click.UsageError("give either PATH, --from-file or --from-object")
    params = {camel(name): value for name, value in chosen.items() if value is not None}
    if "filters" in params:
        params |= spelled_rules(params["filters"])
    if null and from_file is None:
        raise click.UsageError("--null has no effect without --from-file")
    if from_object is not None:
        return params | {"fromFileList": True, "fileListPath": from_object}
    if from_file is None:
        return params | spelled_paths(paths)
    uploaded = client.upload_file_list(iter(lambda: from_file.read(CHUNK_BYTES), b""), nul=null)
    return params | {"fromFileList": True, "fileListId": uploaded["fileListId"]}
