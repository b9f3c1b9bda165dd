"""`avio save`: order a save."""

from typing import BinaryIO

import click

from avio.client import Client
from avio.commands.command import Command
from avio.commands.exits import Exit
from avio.commands.ordering import build_params, order_options
from avio.commands.session import with_client
from avio.commands.waiting import hand_over
from avio.wire.orders import ON_CONFLICT_CHOICES


@click.command(cls=Command)
@order_options
@click.option(
    "--on-conflict", type=click.Choice(ON_CONFLICT_CHOICES), help="What to do if the bucket changed too (default fail)."
)
@with_client
def save(
    client: Client,
    path: str | None,
    from_file: BinaryIO | None,
    name: str | None,
    depth: int | None,
    verify: str | None,
    on_conflict: str | None,
    wait: float | None,
    progress: str,
    as_json: bool,
) -> Exit:
    """Bring PATH, or a list of paths, from the cache into its bucket.

    Prints the id of the job at once; with --wait follows it to its end.
    """
    params = build_params(client, path, from_file, depth=depth, verify=verify, onConflict=on_conflict)
    job = client.save(params, name=name)
    return hand_over(client, job, wait=wait, how=progress, as_json=as_json)
