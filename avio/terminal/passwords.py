"""A password on standard input: its first line, of bounded length."""

import sys

import click

MOST_CHARACTERS = 1024  # of a password in a request, too


def read_password() -> str:
    """Return the first line of standard input. Raise a usage error if it is longer than any password."""
    line = sys.stdin.readline(MOST_CHARACTERS + 2).rstrip("\r\n")
    if len(line) > MOST_CHARACTERS:
        raise click.UsageError(f"the password has more than {MOST_CHARACTERS:,} characters; write a line of fewer")
    return line
