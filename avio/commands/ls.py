"""`avio ls`: what is below a path, page by page as it comes."""

from itertools import chain

import click

from avio.client import Client, pages
from avio.client.shapes import ListPage
from avio.commands import entries, options
from avio.commands.command import Command
from avio.commands.session import with_client
from avio.commands.tables import print_json_list, print_table

PAGE = 1000


@click.command(cls=Command)
@click.argument("path")
@click.option("-R", "--recursive", is_flag=True, help="List all levels below PATH.")
@click.option("--depth", type=click.IntRange(min=1), help="List so many levels (default 1, the direct children).")
@options.as_json
@with_client
def ls(client: Client, path: str, recursive: bool, depth: int | None, as_json: bool) -> None:
    """List what is below PATH, with its state in the cache.

    On a terminal a table with the names below PATH; elsewhere tab separated raw values with whole paths.
    A figure that is not known is shown as ? or -, never as 0.
    """
    if recursive and depth is not None:
        raise click.UsageError("-R lists all levels; give it or --depth")
    levels = None if recursive else depth or 1

    def fetch(token: str | None) -> ListPage:
        return client.list(path, depth=levels, page_size=PAGE, page_token=token)

    found = pages(fetch)
    first = next(found)
    batches = (page["entries"] for page in chain([first], found))
    if as_json:
        print_json_list({"path": first["path"]}, "entries", batches)
    else:
        print_table((*entries.COLUMNS, entries.path_column(first["path"])), batches)
