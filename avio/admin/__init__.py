"""The avio-server commands, for admins; run beside the server's processes. Reaches neither web nor CLI.

`COMMANDS` is the map: a command's module is imported when the command is asked for.
"""

# A line imports only from the lines below it. Each command is a process of its own.
#
#   __main__                                                 `python -m avio.admin`
#   up, demo                                                 commands that start processes
#   check, doctor                                            commands that look around
#   db, user, group, token, jobs, job, nodes, tiers, stats, redis_acl, root, probe  commands on one noun each
#   standing                                                 options of user and group
#   demo_steps, bootstrap, environment                       for up and demo
#   settings                                                 what a command works with, all errors at once
#   beside_up                                                the settings of an up that runs
#   checks                                                   what check and doctor look at, a file a part
#   database, output, one_line, redis_acl_roles              for commands
#   ready_wait                                               for up: how long it waits
#   process_manager, child_process, log_files, procfile      for up: the processes
#   home, valkey, readiness                                  for up: what they stand on
#   closed_files                                             for up: files that may hold secrets

import logging
import sys

import click

from avio import __version__
from avio.errors import AvioError, SettingsError
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
    "db": ("avio.admin.db", "db", "Make, check, upgrade and measure the tables."),
    "redis-acl": ("avio.admin.redis_acl", "redis_acl", "Make users of Redis with least rights, by process."),
    "user": ("avio.admin.user", "user", "Add, list and disable users; give them passwords, weights and limits."),
    "group": ("avio.admin.group", "group", "Groups of users, which share a weight and a limit of running jobs."),
    "token": ("avio.admin.token", "token", "List and revoke login tokens."),
    "jobs": ("avio.admin.jobs", "jobs", "List the jobs of all users."),
    "job": ("avio.admin.job", "job", "Show one job and its attempts: where they ran, how isolated, how they ended."),
    "tiers": ("avio.admin.tiers", "tiers", "Show what each tier of the cache may hold, and holds."),
    "nodes": ("avio.admin.nodes", "nodes", "List the worker nodes and their leases."),
    "stats": ("avio.admin.stats", "stats", "Show how right the forecasts of jobs were."),
    "probe": ("avio.admin.probe", "probe", "Check that a process of this node is alive, or ready: for Kubernetes."),
    "root": ("avio.admin.root", "root", "Print the directory that the processes start from."),
}


@click.group(cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="avio-server")
def commands() -> None:
    """Run and look after an avio server. Settings come from AVIO_* variables and avio.toml: see `avio-server check`."""


def main() -> None:
    """Run the command of the command line; exit 2 on invalid settings, 1 on any other error."""
    logging.getLogger("avio").addHandler(logging.NullHandler())  # a command says itself what it found
    try:
        commands(prog_name="avio-server")
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] == "avio":
            raise
        click.echo(f"error: avio-server needs the library {error.name}, which is not installed", err=True)
        click.echo("  try: pip install 'avio[server]'", err=True)
        sys.exit(1)
    except SettingsError as error:
        for problem in error.problems:
            click.echo(f"error: {problem}", err=True)
        sys.exit(2)
    except AvioError as error:
        click.echo(f"error: {error.message}", err=True)
        if error.cure:
            click.echo(f"  try: {error.cure}", err=True)
        sys.exit(1)
