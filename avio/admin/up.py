"""`avio-server up`: the Procfile's processes and, where no Redis is configured, a Valkey, together."""

import os
import sys
import time
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import click

from avio.admin import beside_up, log_files, valkey
from avio.admin.bootstrap import ADMIN, prepare_database
from avio.admin.child_process import Child
from avio.admin.database import opened
from avio.admin.environment import Environment, server_environment
from avio.admin.home import Home
from avio.admin.process_manager import POLL_SECONDS, ProcessManager
from avio.admin.procfile import complete, parse
from avio.admin.readiness import ask_readiness
from avio.admin.ready_wait import wait_until_ready
from avio.admin.settings import HomeDirectory
from avio.clock import boottime
from avio.config import Settings
from avio.root import ROOT
from avio.rules import tiers
from avio.stop_signals import handle_stop
from avio.terminal.numbers import WholeNumber
from avio.terminal.shell import shell_word

TRIM_SECONDS = 60.0
# Added to the grace of the job processes, for the processes that wait for them.
STOP_MARGIN_SECONDS = 5.0

VALKEY = "valkey"


@click.command()
@click.option("--home", type=HomeDirectory(), default="var", show_default=True, help="Where all files go.")
@click.option("--port", type=WholeNumber(0, 65535), help="Port of web; 0 takes a free one.  [default: 8080]")
@click.option("--host", help="Address of web.  [default: 127.0.0.1]")
def up(home: Path, port: int | None, host: str | None) -> None:
    """Start a whole server, and keep it up until Ctrl-C.

    The first start writes settings to HOME/avio.toml and creates the user `admin`, with the password of
    AVIO_ADMIN_PASSWORD or a random one that is shown once. Logs are in HOME/logs.
    """
    root = complete(ROOT)
    commands = parse((root / "Procfile").read_text(encoding="utf-8"))
    here = Home(home.absolute())
    here.prepare()
    with here.lock(), server_environment(here, os.environ, host=host, port=port) as environment:
        os.chdir(root)  # where the processes run, so that relative paths mean the same to all
        prepared = prepare_database(environment.settings.database_url, os.environ.get("AVIO_ADMIN_PASSWORD"))
        if prepared.password:
            click.echo(f"created user {ADMIN} with password {prepared.password}  (shown only once)")
        if prepared.is_other:
            set_it = f"avio-server user passwd {ADMIN} --home {shell_word(here.directory)}"
            click.echo(
                f"warning: user {ADMIN} keeps its password, which is not AVIO_ADMIN_PASSWORD: {set_it}", err=True
            )
        print_removed_tiers(environment.settings)
        with beside_up.noted(here, environment.environ):
            serve(here, root, commands, environment)


def serve(home: Home, root: Path, commands: dict[str, str], environment: Environment) -> None:
    """Run the processes until a signal; exit 1 when they do not become ready."""
    argv = {name: ["/bin/sh", "-c", command] for name, command in commands.items()}
    if environment.socket is not None:
        argv[VALKEY] = valkey.command(environment.socket)  # last: the others need it to the end

    def start(name: str) -> Child:
        return Child(argv[name], environ=environment.environ, directory=root, log=home.log(name))

    signals = Signals()
    manager = ProcessManager(
        list(argv), start, say=partial(click.echo, err=True), why=lambda name: log_files.last_error(home.log(name))
    )
    try:
        unready, missing = wait_until_ready(
            manager, partial(ask_readiness, environment.url), lambda: bool(signals.asked), partial(click.echo, err=True)
        )
        if unready is None and not signals.asked:
            click.echo(f"ready {environment.url}")
            print_exposed(environment.settings.host)
            print_missing(missing, home)
            supervise(manager, home, signals)
    finally:
        limit = environment.settings.stop_grace + STOP_MARGIN_SECONDS
        if signals.asked:
            click.echo(f"stopping {', '.join(argv)}: up to {limit:g} s each; Ctrl-C again kills them", err=True)
        manager.stop(limit, signals.hurried)
        valkey.remove_socket(environment.socket)
        if signals.asked:
            click.echo("stopped; jobs that ran are queued again", err=True)
    if unready is not None:
        print_failure(home, unready, list(argv))
        sys.exit(1)


class Signals:
    """Counts the signals to stop: one stops in order, two stop at once."""

    def __init__(self) -> None:
        self.asked = 0
        handle_stop(self._ask)

    def _ask(self, *_: object) -> None:
        self.asked += 1

    def hurried(self) -> bool:
        """Return True after the second signal."""
        return self.asked > 1


def print_removed_tiers(settings: Settings) -> None:
    """Print which tiers were there at the last start and are not in the settings now: what lies there is forgotten."""
    with opened(settings):
        removed = tiers.removed(settings)
    for alias in removed:
        gone = "files there are no longer listed, nor saved if they were not"
        click.echo(
            f"warning: tier {alias} is no longer in the settings: {gone}; put it back to save them first", err=True
        )


def print_exposed(host: str) -> None:
    """Print that whoever shares the network can read passwords, unless `host` is of this machine alone."""
    try:
        is_local = ip_address(host).is_loopback
    except ValueError:
        is_local = host == "localhost"
    if not is_local:
        click.echo(f"warning: web speaks plain HTTP on {host}, and others can read passwords and tokens", err=True)
        click.echo("  put a proxy with TLS in front, let web listen on 127.0.0.1, and set trusted_proxies", err=True)


def print_missing(missing: str, home: Home) -> None:
    """Print what the engine lacks and why, and where more is told. Nothing if nothing is missing."""
    for line in missing.splitlines():
        click.echo(f"warning: {line}", err=True)
    if missing:
        more = f"avio-server check --home {shell_word(home.directory)}"
        click.echo(f"  requests that need it fail; to see more: {more}", err=True)


def supervise(manager: ProcessManager, home: Home, signals: Signals) -> None:
    """Restart processes that end, and trim logs, until a signal comes."""
    trimmed = boottime()
    while not signals.asked:
        manager.check()
        if boottime() - trimmed >= TRIM_SECONDS:
            log_files.trim(home.logs)
            trimmed = boottime()
        time.sleep(POLL_SECONDS)


def print_failure(home: Home, unready: str, names: list[str]) -> None:
    """Print what is not ready, and the last lines of each log."""
    click.echo(f"error: not ready {unready}", err=True)
    for name in names:
        if text := log_files.tail(home.log(name)):
            click.echo(f"--- {home.log(name)}\n{text}", err=True)
