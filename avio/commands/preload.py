"""`avio preload`: order a preload."""

from typing import BinaryIO

import click

from avio.client import Client
from avio.commands.command import Command
from avio.commands.exits import Exit
from avio.commands.ordering import build_params, order_options
from avio.commands.session import with_client
from avio.commands.waiting import hand_over
from avio.wire.orders import IF_FULL_CHOICES


@click.command(cls=Command)
@order_options
@click.option("--tier", help="The tier to load into, by its alias (default: the server's choice).")
@click.option("--if-full", type=click.Choice(IF_FULL_CHOICES), help="What to do if not all fits (default fail).")
@with_client
def preload(
    client: Client,
    path: str | None,
    from_file: BinaryIO | None,
    name: str | None,
    depth: int | None,
    verify: str | None,
    tier: str | None,
    if_full: str | None,
    wait: float | None,
    progress: str,
    as_json: bool,
) -> Exit:
    """Bring PATH, or a list of paths, from the bucket into the cache.

    Prints the id of the job at once; with --wait follows it to its end.
    """
    params = build_params(client, path, from_file, depth=depth, verify=verify, tier=tier, ifFull=if_full)
    job = client.preload(params, name=name)
    return hand_over(client, job, wait=wait, how=progress, as_json=as_json)
