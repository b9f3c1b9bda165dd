"""The avio CLI: which command lives where, and its door `main`.

Runs in the user's shell. A command's module is imported when it is called: `avio --help` does not load httpx2.
"""

import click

from avio import __version__
from avio.commands.exit_codes import MEANINGS
from avio.lazygroup import LazyGroup
from avio.terminal.texts import Text

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
    "path": (
        "avio.commands.path",
        "path",
        "Print where a program on the node reads PATH, if all of it is cached in one place.",
    ),
    "preload": (
        "avio.commands.preload",
        "preload",
        "Bring each PATH, or a list of paths, from the bucket into the cache.",
    ),
    "save": ("avio.commands.save", "save", "Bring each PATH, or a list of paths, from the cache into its bucket."),
    "apply": ("avio.commands.apply", "apply", "Move exactly the files of the plan FILE."),
    "check": (
        "avio.commands.check",
        "check",
        "Compare bucket and cache at each PATH, or a list of paths; nothing is moved.",
    ),
    "filter": ("avio.commands.filter", "filter", "Try the rules of --include and --exclude."),
    "free": (
        "avio.commands.free",
        "free",
        "Drop PATH from the cache; files that are unsaved or used by others are refused.",
    ),
    "keep": (
        "avio.commands.keep",
        "keep",
        "Keep what is cached at and below PATH: nobody frees it, and no job evicts it to make room.",
    ),
    "tiers": ("avio.commands.tiers", "tiers", "Show the capacity and the use of each tier of the cache."),
    "top": (
        "avio.commands.top",
        "top",
        "Show who fills the cache at and below PATH: directories, users, jobs or mounts, the largest first.",
    ),
    "mounts": (
        "avio.commands.mounts",
        "mounts",
        "Show the mounts: what each is, whether its store answers, what runs there.",
    ),
    "nodes": ("avio.commands.nodes", "nodes", "Show the worker nodes: state, busy slots, last heartbeat, jobs."),
    "lists": ("avio.commands.lists", "lists", "List your uploaded file lists, newest first, or delete some."),
    "jobs": ("avio.commands.jobs", "jobs", "List jobs, newest first."),
    "job": ("avio.commands.job", "job", "Look at one job."),
    "watch": ("avio.commands.watch", "watch", "Follow a job to its end."),
    "wait": (
        "avio.commands.gate",
        "wait",
        "Wait until PATH is cached or saved, or until JOB has ended; for scripts.",
    ),
    "cancel": ("avio.commands.cancel", "cancel", "Cancel a job."),
    "set": ("avio.commands.set", "set_", "Change limits, priority, name or labels of a job until it ends."),
    "retry": ("avio.commands.retry", "retry", "Run an ended job again, as a new job."),
    "schedule": ("avio.commands.schedule", "schedule", "Order the same job again and again, by a cron expression."),
    "log": ("avio.commands.log", "log", "Print the log of a job's own process."),
    "report": ("avio.commands.report", "report", "Print the outcome of each file of a job."),
    "notify": ("avio.commands.notify", "notify", "Have a URL told of the ends of your jobs, and see what was sent."),
    "completion": ("avio.commands.completion", "completion", "Print the completion script of a shell."),
}


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    sections={"Exit codes": [(str(int(code)), meaning) for code, meaning in MEANINGS.items()]},
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--url", type=Text(), envvar="AVIO_URL", help="Address of the server; overrides AVIO_URL and the last login."
)
@click.version_option(__version__, prog_name="avio")
def main(url: str | None) -> None:
    """Preload, save, list and stat training data in a cache."""
