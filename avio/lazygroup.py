"""A click group with a table of commands. It imports a command when the user calls it, so that `--help` is fast.

Used by both commands, `avio` and `avio-server`.
"""

import gc
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

from avio.terminal.standard_streams import INTERRUPTED, guarded_streams
from avio.undecoded import quoted


class WholeLines(click.Group):
    """A group whose help has the first sentence of each command whole. click cuts it to the width of the terminal."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, in the order of the alphabet."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, found.get_short_help_str(limit=1000)) for name, found in commands if found])


# Command: its module, its name in that module, and its line in the group's help.
Table = Mapping[str, tuple[str, str, str]]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage while modules load: they stay, and the look is a tenth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Exit with INTERRUPTED after Ctrl-C, before click says "Aborted!" and exits with 1."""
    try:
        yield
    except (KeyboardInterrupt, click.Abort):
        raise click.exceptions.Exit(_say_interrupted()) from None


def _say_interrupted() -> int:
    after_echo = "\n" if sys.stderr.isatty() else ""  # the terminal has written ^C
    click.echo(f"{after_echo}interrupted", err=True)
    return INTERRUPTED


class LazyGroup(click.Group):
    """The group of `table`. `sections` are more lists for its help page, by heading."""

    def __init__(self, *, table: Table, sections: Mapping[str, list[tuple[str, str]]] | None = None, **attributes: Any):
        super().__init__(**attributes)
        self._table = table
        self._sections = sections or {}

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command of a command line, with streams that may be closed or full. Ctrl-C ends it at any time."""
        try:
            with guarded_streams():
                return super().main(*args, **kwargs)
        except KeyboardInterrupt:
            sys.exit(_say_interrupted())

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the command line."""
        with _interruptible():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Import and run the command."""
        with _interruptible():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of the table."""
        return list(self._table)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the command of the first word. UsageError names those that are spelled much like it."""
        name = args[0]
        if name not in self._table and not name.startswith("-") and not ctx.resilient_parsing:
            near = " or ".join(repr(each) for each in get_close_matches(name, self._table))
            raise click.UsageError(f"No such command {quoted(name)}." + (f" Did you mean {near}?" if near else ""), ctx)
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, or None if it is not in the table."""
        if cmd_name not in self._table:
            return None
        module, name, _ = self._table[cmd_name]
        with _uncollected():
            command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands of the table, then the sections."""
        lines = {"Commands": [(name, line) for name, (_, _, line) in self._table.items()], **self._sections}
        for heading, pairs in lines.items():
            with formatter.section(heading):
                formatter.write_dl(pairs)
