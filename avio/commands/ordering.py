"""What preload and save share: where the paths come from, and the options of both."""

from collections.abc import Callable
from typing import Any, BinaryIO, TypeVar, cast

import click

from avio.client import Client
from avio.client.shapes import Params
from avio.commands import options
from avio.wire.orders import VERIFY_CHOICES

CHUNK_BYTES = 1 << 16

F = TypeVar("F", bound=Callable[..., Any])

_SHARED = (
    click.argument("path", required=False),
    click.option("--from-file", type=click.File("rb"), help="A file of paths, one a line; - for standard input."),
    click.option("--name", help="A name for the job, for your own use."),
    click.option("--depth", type=click.IntRange(min=0), help="Go so many levels down (default all)."),
    click.option("--verify", type=click.Choice(VERIFY_CHOICES), help="What to compare in the end (default size)."),
    options.wait,
    options.progress,
    options.as_json,
)


def order_options(command: F) -> F:
    """Add PATH and the options that preload and save share."""
    for decorate in reversed(_SHARED):
        command = decorate(command)
    return command


def build_params(client: Client, path: str | None, from_file: BinaryIO | None, **chosen: Any) -> Params:
    """Return the params of an order, after uploading its file list if there is one; what was not chosen is left out."""
    if (path is None) == (from_file is None):
        raise click.UsageError("give either PATH or --from-file")
    params = {name: value for name, value in chosen.items() if value is not None}
    if from_file is None:
        params |= {"alluxioUri": path}
    else:
        uploaded = client.upload_file_list(iter(lambda: from_file.read(CHUNK_BYTES), b""))
        params |= {"fromFileList": True, "fileListId": uploaded["fileListId"]}
    return cast(Params, params)
