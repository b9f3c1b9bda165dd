"""`avio top`: who fills the cache, what nobody has read, and what is not saved."""

from collections.abc import Callable
from typing import Any

import click

from avio.client import Client
from avio.client.fleet_shapes import TopInfo
from avio.commands import options
from avio.commands.command import Command
from avio.commands.path_completion import complete_cached_path
from avio.commands.session import with_client
from avio.terminal.cells import NOTHING, UNKNOWN, moment, percent, printable, raw, raw_moment, short_moment, size
from avio.terminal.json_output import print_json
from avio.terminal.numbers import Number
from avio.terminal.tables import Column, print_table
from avio.terminal.texts import Text
from avio.wire.top import By, Came

LIMIT = 20


def _bytes(name: str) -> tuple[Callable[[Any], str], Callable[[Any], str]]:
    return lambda row: _at_least(row, size(row[name])), lambda row: raw(row[name])


SIZE = Column("SIZE", *_bytes("bytes"), width=9, right=True, rank=1)
SHARE = Column(
    "SHARE", lambda row: percent(row["share"]), lambda row: f"{row['share']:.1f}", width=5, right=True, rank=5
)
FILES = Column(
    "FILES", lambda row: _at_least(row, raw(row["files"])), lambda row: raw(row["files"]), width=6, right=True, rank=4
)
UNREAD = Column("UNREAD", lambda row: _unread(row, size), lambda row: _unread(row, raw), width=9, right=True, rank=2)
UNSAVED = Column("UNSAVED", *_bytes("unsavedBytes"), width=9, right=True, rank=3)
ALL = (SIZE, SHARE, FILES, UNREAD, UNSAVED)

# What 80 columns hold beside the name of a row.
COLUMNS = {
    By.PREFIX: (*ALL, Column("PATH", lambda row: printable(row["path"]), lambda row: raw(row["path"]))),
    By.USER: (*ALL, Column("USER", lambda row: _user(row), lambda row: _user(row))),
    By.JOB: (
        SIZE,
        FILES,
        UNREAD,
        Column("JOB", lambda row: row["job"] or UNKNOWN, lambda row: row["job"] or UNKNOWN),
        Column("USER", lambda row: _user(row), lambda row: _user(row), width=4, rank=5),
        Column(
            "PATH", lambda row: printable(row["path"] or NOTHING), lambda row: raw(row["path"]), rank=6, keeps="ends"
        ),
    ),
    By.MOUNT: (
        SIZE,
        FILES,
        UNSAVED,
        Column(
            "OLDEST",
            lambda row: moment(row["oldestUnsaved"]),
            lambda row: raw_moment(row["oldestUnsaved"]),
            width=10,
            rank=2,
            short=lambda row: short_moment(row["oldestUnsaved"]),
        ),
        Column("MOUNT", lambda row: printable(row["path"] or UNKNOWN), lambda row: row["path"] or UNKNOWN),
    ),
}


@click.command(cls=Command)
@click.argument("path", type=Text(), default="/", shell_complete=complete_cached_path)
@click.option(
    "--by", type=click.Choice([each.value for each in By]), default="prefix", help="What to sum up. Default: prefix."
)
@click.option("--depth", type=int, default=1, help="Levels of directories below PATH, of --by prefix. Default: 1.")
@click.option("--tier", type=Text(), help="This tier alone.")
@click.option("--limit", type=Number(min=1), default=LIMIT, help=f"The largest so many rows. Default: {LIMIT}.")
@options.as_json
@with_client
def top(client: Client, path: str, by: str, depth: int, tier: str | None, limit: float, as_json: bool) -> None:
    """Show who fills the cache at and below PATH: directories, users, jobs or mounts, the largest first.

    UNREAD is what preloads brought and no program has read since; `?` and `≥` where the cache does not tell all.
    UNSAVED is what the bucket may not have. The figures are those of the last survey of each tier.
    """
    found = client.top(path, by=by, depth=depth, tier=tier, page_size=int(limit))
    if as_json:
        print_json(found)
        return
    whole = max(1, found["total"]["bytes"])
    rows = [{**row, "isWhole": found["isWhole"], "share": 100 * row["bytes"] / whole} for row in found["rows"]]
    print_table(COLUMNS[By(by)], [rows])
    click.echo(printable(_said(found)), err=True)


def _at_least(row: Any, text: str) -> str:
    """Return the text of a sum, as a lower bound if it is one."""
    return text if row["isWhole"] else f"≥{text}"


def _unread(row: Any, text: Callable[[Any], str]) -> str:
    """Return how many bytes nobody has read: as far as that is known."""
    if row["came"] == Came.WRITTEN:
        return NOTHING
    if not row["unsureBytes"]:
        return _at_least(row, text(row["unreadBytes"])) if text is size else text(row["unreadBytes"])
    return f"≥{text(row['unreadBytes'])}" if row["unreadBytes"] else UNKNOWN


def _user(row: Any) -> str:
    if row["came"] == Came.WRITTEN:
        return "(programs)"
    return UNKNOWN if row["uid"] is None else printable(row["user"] or f"uid {row['uid']}")


def _said(found: TopInfo) -> str:
    """Return how old the figures are, and what the rows leave out."""
    surveys = ", ".join(
        f"{tier['alias']} {'not yet' if tier['surveyTime'] is None else moment(tier['surveyTime'])}"
        for tier in found["tiers"]
    )
    others = f"; {found['otherRows']} more rows with {size(found['others']['bytes'])}" if found["otherRows"] else ""
    return f"surveyed: {surveys}{others}"
