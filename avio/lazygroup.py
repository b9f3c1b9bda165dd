"""A click group whose commands stand in a table and are imported when they are called, so that `--help` is instant.

Used by both commands, `avio` and `avio-server`.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

# Command: its module, its name in there, and its line in the group's help.
Table = Mapping[str, tuple[str, str, str]]


class LazyGroup(click.Group):
    """The group of `table`; `sections` are further lists of its help page, by heading."""

    def __init__(self, *, table: Table, sections: Mapping[str, list[tuple[str, str]]] | None = None, **attributes: Any):
        super().__init__(**attributes)
        self._table = table
        self._sections = sections or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of the table."""
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command; None for one that is not in the table."""
        if cmd_name not in self._table:
            return None
        module, name, _ = self._table[cmd_name]
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands from the table, then the further sections."""
        lines = {"Commands": [(name, line) for name, (_, _, line) in self._table.items()], **self._sections}
        for heading, pairs in lines.items():
            with formatter.section(heading):
                formatter.write_dl(pairs)
