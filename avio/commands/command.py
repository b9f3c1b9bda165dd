"""`Command`: what every command of avio is made of, and the one place where errors become text and exit codes.

A command returns its exit code, or None for 0.
"""

import os
import re
from itertools import pairwise
from typing import Any

import click

from avio.client import ApiError, ClientError
from avio.commands.exit_codes import Exit, of_error
from avio.commands.wording import in_cli_words
from avio.terminal.cells import printable
from avio.terminal.shell import shell_word

LOGIN = "avio login"

# For errors that name no cure of their own.
CURES = {
    Exit.USAGE: "correct the fields named above",
    Exit.LOGIN_NEEDED: LOGIN,
    Exit.TEMPORARY: "try again later",
    Exit.NOT_FOUND: "check the path or the job id: avio ls lists paths, avio jobs lists jobs",
    Exit.FORBIDDEN: "ask an admin for permission",
    Exit.NO_ROOM: "free space in the cache (avio free PATH), or load less",
}


# The login that is stored counts for nothing beside this variable.
VARIABLE_CURE = "correct AVIO_TOKEN, or unset it and run avio login"


class Command(click.Command):
    """A click command whose errors end in three lines and an exit code of `exits`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read `--wait` as a wait without end, so that it never takes the path behind it for its seconds."""
        options = args.index("--") if "--" in args else len(args)
        args[:options] = ["--wait=inf" if arg == "--wait" else arg for arg in args[:options]]
        loose = _loose_seconds(args[:options])
        try:
            rest = super().parse_args(ctx, args)
            if loose and loose in ctx.params.get("paths", ()):
                raise click.UsageError(f"{loose} is not a path", ctx)
            return rest
        except click.UsageError as error:
            if not loose:
                raise
            raise click.UsageError(f"{error.message}; for a limit write --wait={loose}", ctx) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command and leave with its exit code."""
        try:
            code = super().invoke(ctx)
        except ClientError as error:
            code = show(error)
        except click.Abort:
            # The cursor stands behind the unanswered prompt.
            click.echo(err=True)
            code = Exit.INTERRUPTED
        except KeyboardInterrupt:
            code = Exit.INTERRUPTED
        ctx.exit(code or Exit.OK)


def _loose_seconds(args: list[str]) -> str:
    """Return the number that stands behind a `--wait` as a word of its own; "" where there is none."""
    behind = (after for wait, after in pairwise(args) if wait == "--wait=inf")
    return next((after for after in behind if after.isascii() and after.isdecimal()), "")


def show(error: ClientError) -> Exit:
    """Print what failed, why and what to do on standard error; return the exit code."""
    code = of_error(error.reason, error.status)
    cure = VARIABLE_CURE if code is Exit.LOGIN_NEEDED and os.environ.get("AVIO_TOKEN") else error.cure
    cure = cure or CURES.get(code, "tell an admin the id of the request")
    if code is Exit.LOGIN_NEEDED:
        cure = cure.replace(LOGIN, LOGIN + _of_other_server())
    message, why = _with_options(error)
    show_lines("error", f"{message} ({error.reason})", why, cure)
    return code


def _with_options(error: ClientError) -> tuple[str, str]:
    """Return message and cause of an error, with the options of the command for members that are called the same."""
    message, why = error.message, error.why
    refused = {field.field for field in error.fields} if isinstance(error, ApiError) else set()
    for param in click.get_current_context().command.params:
        if param.name in refused:
            word = param.opts[-1] if isinstance(param, click.Option) else param.human_readable_name
            why = re.sub(rf"(?:^|(?<=; )){param.name}(?=: )", word, why)
            message = re.sub(rf"(?<=[:,] ){param.name}(?=,|$)", word, message)
    return message, why


def _of_other_server() -> str:
    """Return the option by which a login goes to the server of `avio --url`; "" if it goes there without."""
    root = click.get_current_context().find_root()
    is_given = root.get_parameter_source("url") is click.core.ParameterSource.COMMANDLINE
    return f" --url {shell_word(root.params['url'])}" if is_given else ""


def show_lines(head: str, what: str, why: str, cure: str) -> None:
    """Print the three lines of a failure, in the words of the CLI."""
    print_lines(head, *map(in_cli_words, (what, why, cure)))


def print_lines(head: str, what: str, why: str, cure: str) -> None:
    """Print the three lines of a failure as they are."""
    for label, text in ((head, what), ("why", why), ("try", cure)):
        click.echo(f"{label + ':':<8} {printable(text)}", err=True)
