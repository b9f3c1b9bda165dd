"""`avio-server check`: each setting with its value and where it came from, then whether the parts answer."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel, SecretStr

from avio.admin.beside_up import DEFAULT_HOME
from avio.admin.checks import SERVER
from avio.admin.checks.nodes import NO_TAKER
from avio.admin.checks.rights import look_at_rights
from avio.admin.output import show_findings
from avio.admin.settings import beside, home_option, read_whole
from avio.config import Settings, config_file
from avio.config.alluxio import AlluxioSpec
from avio.errors import SettingsError
from avio.findings import Finding, Severity
from avio.terminal.tables import print_aligned

MASK = "********"

# A URL in three parts: what is before its last @, the rest, and its query. A password may hold any character.
_URL = re.compile(
    r"(?P<scheme>[A-Za-z0-9+.-]+://)(?:(?P<user>[^:@/]*):?(?P<secret>.*)@)?(?P<rest>[^?]*)(?P<query>\?.*)?"
)
_VALUE = re.compile(r"(?<==)[^&]+")
_PLAIN_VALUES = re.compile(r"(?:sslmode|connect_timeout|application_name|db)=.*")


@click.command()
@click.option("--explain", is_flag=True, help="Say what each setting is for, too.")
@home_option
def check(home: Path | None, explain: bool) -> None:
    """Show each setting, and whether all parts answer.

    Exit code 2: the settings are invalid, and every error is shown after them. 1: something must be changed. 0: the
    server works; mounts that do not answer are named.
    """
    found = beside(home)
    reading = read_whole(found.environ, found.whose)
    settings = reading.settings
    shown = lines(settings, reading.origins, reading.wrong)
    print_aligned([(*line, purpose(line[0])) if explain else line for line in shown])
    if reading.problems:
        raise SettingsError(reading.problems)
    click.echo()
    findings = [finding for part in SERVER for finding in part.look(settings)]
    findings += look_at_rights(settings, config_file(found.environ), found.home or DEFAULT_HOME)
    findings = without_consequences(findings)
    show_findings(list(dict.fromkeys(findings)))  # a tier is looked at by itself, and through the engine
    sys.exit(int(any(finding.severity is Severity.FAULT for finding in findings)))


def without_consequences(findings: list[Finding]) -> list[Finding]:
    """Return `findings` without that of nodes that take no jobs, if a tier is the cause: the tier's says what to do."""
    if any(each.severity is Severity.FAULT and each.subject.startswith("tier ") for each in findings):
        return [each for each in findings if each.message != NO_TAKER]
    return findings


def lines(
    settings: Settings, origins: dict[str, str], wrong: frozenset[str] = frozenset()
) -> Iterator[tuple[str, str, str]]:
    """Yield name, value and origin of each setting; a table of settings has a line for each of its rows.

    Those in `wrong` are invalid, and have no value.
    """
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if name in wrong:
            yield name, "invalid", origins[name]
        elif isinstance(value, BaseModel):
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


def purpose(line: str) -> str:
    """Return what the setting of a line of `lines` is for."""
    setting, row = re.fullmatch(r"(\w+)(.*)", line, re.DOTALL).groups()  # type: ignore[union-attr]  # it names a field
    members = AlluxioSpec.model_fields if setting == "alluxio" and row else {}
    field = members.get(row[1:], Settings.model_fields[setting])
    return field.description or ""


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
    if isinstance(value, str) and (url := _URL.fullmatch(value)):
        return _without_secrets(url)
    return str(value)


def _without_secrets(url: "re.Match[str]") -> str:
    """Return a URL without its password, and without the values of its query that may be secrets."""
    login = "" if url["secret"] is None else f"{url['user']}{f':{MASK}' if url['secret'] else ''}@"
    query = "&".join(
        part if _PLAIN_VALUES.fullmatch(part) else _VALUE.sub(MASK, part)
        for part in (url["query"] or "")[1:].split("&")
    )
    return f"{url['scheme']}{login}{url['rest']}{'?' if url['query'] else ''}{query}"
