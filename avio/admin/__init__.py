"""The avio-server commands, for admins; run beside the server's processes. Reaches neither web nor CLI.

`COMMANDS` is the map: a command's module is imported when the command is asked for.
"""

import sys

import click

from avio import __version__
from avio.config import SettingsError
from avio.errors import AvioError
from avio.lazygroup import LazyGroup

# Command: where it lives, and its line in `avio-server --help`.
COMMANDS = {
    "up": ("avio.admin.up", "up", "Start a whole server, and keep it up until Ctrl-C."),
    "demo": ("avio.admin.demo", "demo", "Show a preload and a save on a server of its own, in under a minute."),
    "check": ("avio.admin.check", "check", "Show each setting and where it came from, and whether all parts answer."),
    "doctor": (
        "avio.admin.doctor",
        "doctor",
        "Look at all that a worker node stands on, isolation included; say what to change.",
    ),
    "db": ("avio.admin.db", "db", "Make, check and upgrade the tables."),
    "redis-acl": ("avio.admin.redisacl", "redis_acl", "Make users of Redis with least rights, by process."),
    "user": ("avio.admin.user", "user", "Add, list and disable users; give them passwords."),
    "token": ("avio.admin.token", "token", "List and revoke login tokens."),
    "jobs": ("avio.admin.jobs", "jobs", "List the jobs of all users."),
    "job": ("avio.admin.job", "job", "Show one job and its attempts: where they ran, how isolated, how they ended."),
    "tiers": ("avio.admin.tiers", "tiers", "Show what each tier of the cache may hold, and holds."),
    "nodes": ("avio.admin.nodes", "nodes", "List the worker nodes and their leases."),
}


@click.group(cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="avio-server")
def commands() -> None:
    """Run and look after an avio server. Settings come from AVIO_* variables and avio.toml: see `avio-server check`."""


def main() -> None:
    """Run the command of the command line; exit 2 on settings that don't hold, 1 on anything else that is refused."""
    try:
        commands(prog_name="avio-server")
    except SettingsError as error:
        for problem in error.problems:
            click.echo(f"error: {problem}", err=True)
        sys.exit(2)
    except AvioError as error:
        click.echo(f"error: {error.message}", err=True)
        if error.cure:
            click.echo(f"  try: {error.cure}", err=True)
        sys.exit(1)
