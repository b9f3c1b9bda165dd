"""The avio CLI: which command lives where, and its door `main`.

Runs in the user's shell. A command's module is imported when it is called: `avio --help` loads neither httpx nor rich.
"""

import click

from avio import __version__
from avio.commands.exits import MEANINGS
from avio.lazygroup import LazyGroup

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
    "free": ("avio.commands.free", "free", "Drop PATH from the cache; refused for what is not saved."),
    "tiers": ("avio.commands.tiers", "tiers", "Show what each tier of the cache may hold, and holds."),
    "jobs": ("avio.commands.jobs", "jobs", "List jobs, newest first."),
    "job": ("avio.commands.job", "job", "Look at one job."),
    "watch": ("avio.commands.watch", "watch", "Follow a job to its end."),
    "cancel": ("avio.commands.cancel", "cancel", "Ask for the end of a job."),
    "retry": ("avio.commands.retry", "retry", "Order a new job like one that has ended."),
    "log": ("avio.commands.log", "log", "Print the log of a job's own process."),
    "report": ("avio.commands.report", "report", "Print what became of each file of a job."),
    "completion": ("avio.commands.completion", "completion", "Print the completion script of a shell."),
}


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    sections={"Exit codes": [(str(int(code)), meaning) for code, meaning in MEANINGS.items()]},
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--url", envvar="AVIO_URL", help="The server; over AVIO_URL, over the one of the last login.")
@click.version_option(__version__, prog_name="avio")
def main(url: str | None) -> None:
    """Preload, save, list and stat training data in a cache."""
