"""A password on standard input: its first line, of bounded length."""

import sys

import click

from avio.wire.paths import is_text

MOST_CHARACTERS = 1024  # of a password in a request, too
_MOST_BYTES = 4 * MOST_CHARACTERS


def read_password() -> str:
    """Return the first line of standard input. Raise a usage error if it can be no password."""
    line = sys.stdin.buffer.readline(_MOST_BYTES + 2).rstrip(b"\r\n").decode("utf-8", "surrogateescape")
    if len(line) > MOST_CHARACTERS:
        raise click.UsageError(f"the password has more than {MOST_CHARACTERS:,} characters; write a line of fewer")
    if not line:
        raise click.UsageError("the password on standard input is empty; write it on the first line")
    if not is_text(line):
        raise click.UsageError("the password on standard input is not UTF-8; write it in UTF-8")
    return line
