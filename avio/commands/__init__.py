"""The avio CLI: which command lives where, and its door `main`.

Runs in the user's shell. A command's module is imported when it is called: `avio --help` loads neither httpx nor rich.
"""

from importlib import import_module

import click

from avio import __version__
from avio.commands.exits import MEANINGS

# Command: where it lives, and its line in `avio --help`.
COMMANDS = {
    "login": ("avio.commands.login", "login", "Log in to a server and keep the token."),
    "logout": ("avio.commands.logout", "logout", "Revoke the token and forget it."),
    "whoami": ("avio.commands.whoami", "whoami", "Show who is logged in, and until when."),
    "ls": ("avio.commands.ls", "ls", "List what is below PATH, with its state in the cache."),
    "stat": (
        "avio.commands.stat",
        "stat",
        "Show one PATH: how much of it is cached, where, and whether it is saved.",
    ),
    "preload": (
        "avio.commands.preload",
        "preload",
        "Bring PATH, or a list of paths, from the bucket into the cache.",
    ),
    "save": ("avio.commands.save", "save", "Bring PATH, or a list of paths, from the cache into its bucket."),
    "jobs": ("avio.commands.jobs", "jobs", "List jobs, newest first."),
    "job": ("avio.commands.job", "job", "Look at one job."),
    "watch": ("avio.commands.watch", "watch", "Follow a job to its end."),
    "cancel": ("avio.commands.cancel", "cancel", "Ask for the end of a job."),
    "retry": ("avio.commands.retry", "retry", "Order a new job like one that has ended."),
    "log": ("avio.commands.log", "log", "Print the log of a job's own process."),
    "report": ("avio.commands.report", "report", "Print what became of each file of a job."),
    "completion": ("avio.commands.completion", "completion", "Print the completion script of a shell."),
}


class LazyGroup(click.Group):
    """A group that imports a command when it is asked for, and not to list it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name not in COMMANDS:
            return None
        module, name, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands from the table, then the exit codes."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(code)), meaning) for code, meaning in MEANINGS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--url", envvar="AVIO_URL", help="The server; over AVIO_URL, over the one of the last login.")
@click.version_option(__version__, prog_name="avio")
def main(url: str | None) -> None:
    """Preload, save, list and stat training data in a cache."""
