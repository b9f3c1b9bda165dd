"""`avio-gate run`: the program, with its login, its cluster and its sign of life."""

import asyncio
import os
import signal
from pathlib import Path

import click

from avio.client.transport import require_address
from avio.gate.account import Account
from avio.gate.cluster import AWAY, Cluster
from avio.gate.controller import Controller
from avio.gate.probe import NAME
from avio.log import start_logging
from avio.signs import SignPost

SIGN_SECONDS = 1.0

_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--url", envvar="AVIO_URL", required=True, help="The server.  [default: AVIO_URL]")
@click.option("--name-file", type=_FILE, required=True, help="File with the name of its user of avio.")
@click.option("--password-file", type=_FILE, required=True, help="File with the password.")
@click.option("--namespace", "namespaces", multiple=True, help="A namespace of pods; repeatable.  [default: all]")
@click.option(
    "--at-once", type=click.IntRange(1, 1000), default=64, show_default=True, help="Paths that it asks for at once."
)
@click.option("--signs", type=_FILE, help="Directory for its sign of life, which `avio-gate probe` reads.")
def run(
    url: str, name_file: Path, password_file: Path, namespaces: tuple[str, ...], at_once: int, signs: Path | None
) -> None:
    """Free pods that have the scheduling gate avio.io/cached once the path of their annotation avio.io/path is cached.

    The annotation avio.io/until has the condition, as in `avio wait --until`; without it all must be cached. What a
    pod waits for is in its annotation avio.io/gate.
    """
    try:
        account = Account(require_address(url), name_file, password_file)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    start_logging("gate")
    try:
        asyncio.run(_serve(account, namespaces, at_once, SignPost(signs, NAME)))
    except AWAY as error:
        raise click.ClickException(f"Kubernetes can't be reached: {error}") from error


async def _serve(account: Account, namespaces: tuple[str, ...], at_once: int, sign: SignPost) -> None:
    controller = Controller(await Cluster.open(), account, namespaces=namespaces, at_once=at_once)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Threads may wait for avio for half a minute more. Nothing is kept, so nothing is lost.
        loop.add_signal_handler(number, os._exit, 0)
    await asyncio.gather(controller.run(), _show(controller, sign))


async def _show(controller: Controller, sign: SignPost) -> None:
    while True:
        sign.show(controller.not_ready)
        await asyncio.sleep(SIGN_SECONDS)
