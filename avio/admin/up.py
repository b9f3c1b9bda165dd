"""`avio-server up`: the Procfile's processes and, where no Redis is configured, a Valkey, under one roof."""

import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

import avio
from avio.admin import logfiles, valkey
from avio.admin.child import Child
from avio.admin.firsttime import ADMIN, prepare_database
from avio.admin.home import Home
from avio.admin.processes import TURN, Roof
from avio.admin.procfile import checkout, parse
from avio.admin.readiness import missing
from avio.admin.surroundings import Surroundings, arranged
from avio.clock import boottime

READY_LIMIT = 30.0  # seconds
TRIM_EVERY = 60.0  # seconds
# On top of the grace that job processes have, for those who wait for them.
STOP_MARGIN = 5.0

VALKEY = "valkey"


@click.command()
@click.option("--home", type=click.Path(path_type=Path), default="var", show_default=True, help="Where all files go.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port of web; 0 takes a free one.  [default: 8080]")
@click.option("--host", help="Address of web.  [default: 127.0.0.1]")
def up(home: Path, port: int | None, host: str | None) -> None:
    """Start a whole server, and keep it up until Ctrl-C.

    At the first start it writes settings to HOME/avio.toml and makes the user `admin`, with the password of
    AVIO_ADMIN_PASSWORD or one that is shown once. Logs are in HOME/logs.
    """
    root = checkout(Path(avio.__file__).resolve().parent.parent)
    commands = parse((root / "Procfile").read_text(encoding="utf-8"))
    here = Home(home.absolute())
    here.prepare()
    with here.lock(), arranged(here, os.environ, host=host, port=port) as surroundings:
        os.chdir(root)  # where the processes run, so that relative paths mean the same to all
        password = prepare_database(surroundings.settings.database_url, os.environ.get("AVIO_ADMIN_PASSWORD"))
        if password:
            click.echo(f"made user {ADMIN} with password {password}  (shown this once)")
        serve(here, root, commands, surroundings)


def serve(home: Home, root: Path, commands: dict[str, str], surroundings: Surroundings) -> None:
    """Run the processes until a signal; exit 1 when they don't get ready."""
    argv = {name: ["/bin/sh", "-c", command] for name, command in commands.items()}
    if surroundings.socket is not None:
        argv[VALKEY] = valkey.command(surroundings.socket)  # last: the others need it to the end

    def start(name: str) -> Child:
        return Child(argv[name], environ=surroundings.environ, directory=root, log=home.log(name))

    signals = Signals()
    roof = Roof(list(argv), start, say=partial(click.echo, err=True))
    try:
        lacking = until_ready(roof, surroundings.url, signals)
        if lacking is None and not signals.asked:
            click.echo(f"ready {surroundings.url}")
            stay(roof, home, signals)
    finally:
        roof.stop(surroundings.settings.stop_grace + STOP_MARGIN, signals.hurried)
        valkey.forget(surroundings.socket)
    if lacking is not None:
        explain(home, lacking, list(argv))
        sys.exit(1)


class Signals:
    """How often we were asked to stop: once means in order, twice means at once."""

    def __init__(self) -> None:
        self.asked = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked += 1

    def hurried(self) -> bool:
        """Tell whether there is no more patience."""
        return self.asked > 1


def until_ready(roof: Roof, url: str, signals: Signals, ask: Callable[[str], str | None] = missing) -> str | None:
    """Return None once everything is ready or a signal came, or what is lacking when the limit is over."""
    deadline = boottime() + READY_LIMIT
    while not signals.asked:
        roof.tend()
        lacking = ask(url)
        if lacking is None and not roof.unsettled():
            return None
        if boottime() >= deadline:
            return "; ".join(filter(None, [lacking, *(f"{name} does not stay up" for name in roof.unsettled())]))
        time.sleep(TURN)
    return None


def stay(roof: Roof, home: Home, signals: Signals) -> None:
    """Look after the processes until a signal comes."""
    trimmed = boottime()
    while not signals.asked:
        roof.tend()
        if boottime() - trimmed >= TRIM_EVERY:
            logfiles.trim(home.logs)
            trimmed = boottime()
        time.sleep(TURN)


def explain(home: Home, lacking: str, names: list[str]) -> None:
    """Say what is lacking, and how the logs end."""
    click.echo(f"error: not ready within {READY_LIMIT:g} s: {lacking}", err=True)
    for name in names:
        if text := logfiles.tail(home.log(name)):
            click.echo(f"--- {home.log(name)}\n{text}", err=True)
