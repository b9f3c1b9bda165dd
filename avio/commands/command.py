"""`Command`: what every command of avio is made of, and the one place where errors become text and exit codes.

A command returns its exit code, or None for 0.
"""

from typing import Any

import click

from avio.client import ClientError
from avio.client.following import DAY_SECONDS
from avio.commands.cells import printable
from avio.commands.exits import Exit, of_error

# For errors that name no cure of their own.
CURES = {
    Exit.USAGE: "correct what is named above",
    Exit.LOGIN_NEEDED: "avio login",
    Exit.TEMPORARY: "try again in a while",
    Exit.NOT_FOUND: "check what you gave: avio ls shows the paths, avio jobs the jobs",
    Exit.FORBIDDEN: "ask the admin for the right to do this",
    Exit.NO_ROOM: "free some of the cache, or ask for less",
}


class Command(click.Command):
    """A click command whose errors end in three lines and an exit code of `exits`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read `--wait` as `--wait=SECONDS`, so that it never takes the path behind it for its seconds."""
        options = args.index("--") if "--" in args else len(args)
        args[:options] = [f"--wait={DAY_SECONDS:g}" if arg == "--wait" else arg for arg in args[:options]]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command and leave with its exit code."""
        try:
            code = super().invoke(ctx)
        except ClientError as error:
            code = show(error)
        except click.Abort:
            # The cursor stands behind a question that was not answered.
            click.echo(err=True)
            code = Exit.INTERRUPTED
        except KeyboardInterrupt:
            code = Exit.INTERRUPTED
        ctx.exit(code or Exit.OK)


def show(error: ClientError) -> Exit:
    """Print what, why and what to do on standard error; return the exit code."""
    code = of_error(error.reason, error.status)
    cure = error.cure or CURES.get(code, "ask the admin, naming the request")
    show_lines("error", f"{error.message} ({error.reason})", error.why, cure)
    return code


def show_lines(head: str, what: str, why: str, cure: str) -> None:
    """Print the three lines of anything that did not go well."""
    for label, text in ((head, what), ("why", why), ("try", cure)):
        click.echo(f"{label + ':':<8} {printable(text)}", err=True)
