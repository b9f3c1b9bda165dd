"""`avio-server check`: each setting with its value and where it came from, then whether the parts answer."""

import re
import sys
from collections.abc import Iterator
from typing import Any

import click
from pydantic import BaseModel, SecretStr

from avio.admin.printing import show_findings
from avio.admin.sections import PARTS
from avio.config import Settings, load_with_origins
from avio.findings import Severity

MASK = "********"

# The password in a URL: user:password@host, or password=... among its options.
_PASSWORD = re.compile(r"(?<=:)[^:/@]*(?=@)|(?<=[?&]password=)[^&]*")


@click.command()
def check() -> None:
    """Show each setting, and whether all parts answer.

    Exit code 2: the settings don't hold, and every error is shown. 1: a part does not answer. 0: all is well.
    """
    settings, origins = load_with_origins()
    rows = list(lines(settings, origins))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, value, origin in rows:
        click.echo(f"{name:{widths[0]}}  {value:{widths[1]}}  {origin}".rstrip())
    click.echo()
    findings = [finding for part in PARTS for finding in part.look(settings)]
    show_findings(findings)
    sys.exit(int(any(finding.severity is Severity.FAULT for finding in findings)))


def lines(settings: Settings, origins: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield name, value and origin of each setting; a table of settings has a line for each of its rows."""
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            for key in type(value).model_fields:
                yield f"{name}.{key}", show(getattr(value, key)), origins[name]
        elif isinstance(value, dict) and value:
            for key, row in value.items():
                yield f'{name}."{key}"', show(row), origins[name]
        elif isinstance(value, list) and value:
            for number, row in enumerate(value):
                yield f"{name}[{number}]", show(row), origins[name]
        else:
            yield name, show(value), origins[name]


def show(value: Any) -> str:
    """Return a value for people to read, with every secret masked."""
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, BaseModel):
        return " ".join(f"{name}={show(getattr(value, name))}" for name in type(value).model_fields)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}={show(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return " ".join(map(show, value))
    if isinstance(value, str) and "://" in value:
        return _PASSWORD.sub(MASK, value)
    return str(value)
