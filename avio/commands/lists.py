"""`avio lists`: the file lists that were uploaded, and their deletion."""

import re

import click

from avio.client import Client, pages
from avio.client.shapes import FileListPage
from avio.commands import options
from avio.commands.command import Command
from avio.commands.session import with_client
from avio.terminal.cells import moment, raw, raw_moment, short_moment, size
from avio.terminal.json_output import print_json_list
from avio.terminal.tables import Column, print_table
from avio.terminal.texts import Text

COLUMNS = (
    Column("ID", lambda row: row["fileListId"], lambda row: row["fileListId"]),
    Column("PATHS", lambda row: raw(row["lines"]), lambda row: raw(row["lines"]), width=8, right=True, rank=1),
    Column("SIZE", lambda row: size(row["bytes"]), lambda row: raw(row["bytes"]), width=8, right=True, rank=3),
    Column("COMPLETE", lambda row: _yes(row["complete"]), lambda row: _yes(row["complete"]), rank=4),
    Column(
        "UPLOADED",
        lambda row: moment(row["createTime"]),
        lambda row: raw_moment(row["createTime"]),
        rank=2,
        short=lambda row: short_moment(row["createTime"]),
    ),
)


@click.command(cls=Command)
@click.option(
    "--delete", "unwanted", type=Text(), metavar="ID", multiple=True, help="Delete this list; may be repeated."
)
@options.as_json
@with_client
def lists(client: Client, unwanted: tuple[str, ...], as_json: bool) -> None:
    """List your uploaded file lists, newest first, or delete some."""
    for list_id in unwanted:
        if not re.fullmatch("[0-9A-Za-z]{26}", list_id):
            raise click.UsageError(f"{list_id} is not the id of a file list; avio lists shows the ids")
    for list_id in unwanted:
        client.delete_file_list(list_id.upper())
        click.echo(f"deleted {list_id}", err=True)
    if unwanted:
        return

    def fetch(token: str | None) -> FileListPage:
        return client.file_lists(page_token=token)

    batches = (page["fileLists"] for page in pages(fetch))
    if as_json:
        print_json_list({}, "fileLists", batches)
    else:
        print_table(COLUMNS, batches)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
