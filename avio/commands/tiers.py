"""`avio tiers`: what the tiers of the cache may hold, and hold."""

from typing import Any

import click

from avio.client import Client
from avio.commands import options
from avio.commands.command import Command
from avio.commands.session import with_client
from avio.terminal.cells import percent, printable, raw, size
from avio.terminal.json_output import print_json
from avio.terminal.tables import Column, print_table

COLUMNS = (
    Column("TIER", lambda row: printable(row["alias"]), lambda row: raw(row["alias"]), width=6),
    Column(
        "CAPACITY", lambda row: size(row["capacity"]), lambda row: raw(row["capacity"]), width=8, right=True, rank=2
    ),
    Column("USED", lambda row: size(row["used"]), lambda row: raw(row["used"]), width=8, right=True, rank=3),
    Column("RESERVED", lambda row: size(_reserved(row)), lambda row: raw(_reserved(row)), width=8, right=True, rank=5),
    Column("FREE", lambda row: size(row["free"]), lambda row: raw(row["free"]), width=8, right=True, rank=1),
    Column("USED%", lambda row: percent(_share(row)), lambda row: f"{_share(row):.1f}", width=5, right=True, rank=4),
    Column("WORKER", lambda row: raw(row["worker"]), lambda row: raw(row["worker"])),
)


@click.command(cls=Command)
@options.as_json
@with_client
def tiers(client: Client, as_json: bool) -> None:
    """Show the capacity and the use of each tier of the cache."""
    found = client.tiers()
    if as_json:
        print_json(found)
    else:
        print_table(COLUMNS, [found["tiers"]])


def _reserved(row: Any) -> int:
    """Return the bytes that running jobs were promised; a server of the version before does not tell."""
    return int(row.get("reserved", 0))


def _share(row: Any) -> float:
    """Return the used percent of a tier."""
    return 100.0 * row["used"] / row["capacity"] if row["capacity"] else 0.0
