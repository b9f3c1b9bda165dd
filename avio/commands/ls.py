"""`avio ls`: what is below a path, page by page as it comes."""

from collections.abc import Collection, Iterable, Iterator
from itertools import chain

import click

from avio.client import Client, pages, path_of
from avio.client.shapes import EntryInfo, ListPage, RefusedMount
from avio.commands import entries, options
from avio.commands.command import Command
from avio.commands.exit_codes import Exit
from avio.commands.path_completion import complete_path
from avio.commands.session import with_client
from avio.commands.wording import in_cli_words
from avio.terminal.cells import printable
from avio.terminal.json_output import print_json_list
from avio.terminal.numbers import WholeNumber
from avio.terminal.tables import print_table

PAGE = 1000
NAMED = 5
MEMORY = 1000  # more directories of unknown state are counted alone


@click.command(cls=Command)
@click.argument("path", shell_complete=complete_path)
@click.option("-R", "--recursive", is_flag=True, help="List all levels below PATH.")
@click.option("--depth", type=WholeNumber(min=1), help="List so many levels (default 1, the direct children).")
@click.option("--sums", is_flag=True, help="Count the files of directories for longer, up to seconds a page.")
@options.as_json
@with_client
def ls(client: Client, path: str, recursive: bool, depth: int | None, sums: bool, as_json: bool) -> Exit:
    """List what is below PATH, with its state in the cache.

    On a terminal a table with the names below PATH; elsewhere tab separated raw values with whole paths.
    A figure that is not known is shown as ? or -, never as 0. Mounts that do not answer, or refuse, are named on
    standard error; if their files should have been listed, it ends with code 3.
    """
    if recursive and depth is not None:
        raise click.UsageError("-R and --depth exclude each other; use one of them")
    levels = None if recursive else depth or 1

    def fetch(token: str | None) -> ListPage:
        return client.list(path, depth=levels, sums=sums, page_size=PAGE, page_token=token)

    found = pages(fetch)
    first = next(found)
    left_out = 0
    unanswered: set[str] = set()
    refused: dict[str, RefusedMount] = {}
    unknown = Unknown()

    def batches() -> Iterator[list[EntryInfo]]:
        nonlocal left_out
        for page in chain([first], found):
            left_out += page.get("leftOut", 0)
            unanswered.update(page.get("unanswered", ()))
            refused.update((each["path"], each) for each in page.get("refused", ()))
            unknown.note(page["entries"])
            yield page["entries"]

    if as_json:
        print_json_list({"path": first["path"]}, "entries", batches())
    else:
        print_table((*entries.COLUMNS, entries.path_column(first["path"])), batches())
    if left_out:
        click.echo(f"{left_out} left out: {entries.LEFT_OUT}", err=True)
    if unanswered:
        mounts = ", ".join(map(printable, sorted(unanswered)))
        click.echo(f"no answer from {mounts}: the files there are not listed; try again later", err=True)
    for each in refused.values():
        why = printable(in_cli_words(f"{each['path']}: {each['message']} ({each['reason']})"))
        click.echo(f"refused by {why}: not all files there are listed; avio stat PATH says what to do", err=True)
    for line in unknown.lines(unanswered | refused.keys(), sums=sums):
        click.echo(line, err=True)
    return Exit.PARTIAL if refused or (unanswered and levels != 1) else Exit.OK


class Unknown:
    """The directories of a listing whose state is unknown, and those whose files were not counted."""

    def __init__(self) -> None:
        self._first: list[EntryInfo] = []
        self._count = 0
        self._uncounted = 0

    def note(self, found: Iterable[EntryInfo]) -> None:
        """Take a page of the listing."""
        for entry in found:
            if entry["kind"] == "directory" and entry["state"] == "unknown":
                self._count += 1
                if self._count <= MEMORY:
                    self._first.append(entry)
            elif entry["kind"] == "directory" and entry["size"] is None:
                self._uncounted += 1

    def lines(self, named: Collection[str], *, sums: bool) -> Iterator[str]:
        """Yield what to say of them, but for those `named` already. `sums` says that they were counted for longer."""
        others = [entry for entry in self._first if entry["path"].rstrip("/") not in named]
        rest = self._count - (len(self._first) - len(others)) - len(others[:NAMED])
        more = f" and {rest} more" if rest else ""
        shown = ", ".join(printable(path_of(entry)) for entry in others[:NAMED])
        if others:
            yield f"state unknown: {shown}{more}; avio stat PATH shows it, or says why not"
        if self._uncounted:
            directories = "1 directory" if self._uncounted == 1 else f"{self._uncounted} directories"
            yield f"{directories} not counted; {'avio stat PATH counts one' if sums else '--sums counts for longer'}"
