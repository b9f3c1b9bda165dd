"""The settings that a command works with: every error at once, and `--home` for those of an `up`."""

import os
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import click

from avio.admin.beside_up import Beside, find_beside
from avio.admin.checks.engine import engine_problems
from avio.config import Reading, Settings, read
from avio.errors import SettingsError


class HomeDirectory(click.Path):
    """The value of `--home`. An empty one, of a variable that is not set, would be the working directory."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path, or fail for an empty one."""
        if value == "":
            self.fail("is empty; name a directory", param, ctx)
        return super().convert(value, param, ctx)


home_option = click.option(
    "--home",
    type=HomeDirectory(),
    help="Look at the `avio-server up` of this home.  [default: the one that runs, if this shell has no settings]",
)


def read_whole(environ: Mapping[str, str], whose: str = "") -> Reading:
    """Read the settings, and add what the engine finds wrong in those that are valid."""
    found = read(environ, whose)
    found.problems.extend(engine_problems(found.settings))
    return found


def require_whole(environ: Mapping[str, str], whose: str = "") -> Reading:
    """Read the settings; SettingsError with every error."""
    found = read_whole(environ, whose)
    if found.problems:
        raise SettingsError(found.problems)
    return found


def beside(home: Path | None) -> Beside:
    """Find the settings that `--home` or this shell names; say on standard error if they are those of an `up`."""
    found = find_beside(home, os.environ)
    for note in found.notes:
        click.echo(f"note: {note}", err=True)
    return found


def valid_settings(found: Beside) -> Settings:
    """Return the settings of `found`; SettingsError with every error.

    A mount that can't be opened is told beside other errors, and keeps a command from nothing.
    """
    reading = read(found.environ, found.whose)
    if reading.problems:
        raise SettingsError([*reading.problems, *engine_problems(reading.settings)])
    return reading.settings


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--home`, and the settings as `settings`. A mount that can't be opened keeps it from nothing."""

    @home_option
    @wraps(command)
    def run(*args: Any, home: Path | None, **kwargs: Any) -> Any:
        return command(*args, settings=valid_settings(beside(home)), **kwargs)

    return run
