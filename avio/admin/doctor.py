"""`avio-server doctor`: looks at everything that a node stands on, and says what to change."""

import sys
from itertools import groupby
from pathlib import Path

import click

from avio.admin.beside_up import DEFAULT_HOME
from avio.admin.checks import SECTIONS
from avio.admin.checks.rights import look_at_rights
from avio.admin.output import show, show_findings
from avio.admin.settings import beside, home_option, valid_settings
from avio.config import config_file
from avio.findings import Finding, Severity


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@home_option
def doctor(as_json: bool, home: Path | None) -> None:
    """Look at all that this machine's settings name: database, Redis, engine, tiers, spool, isolation.

    Run it on each worker node, as the user that the supervisor runs as. Exit code 1: something must be changed.
    """
    server = beside(home)
    settings = valid_settings(server)
    found = [(section.name, finding) for section in SECTIONS for finding in section.look(settings)]
    rights = look_at_rights(settings, config_file(server.environ), server.home or DEFAULT_HOME)
    found += [("rights", each) for each in rights]
    seen: dict[Finding, str] = {}  # a tier is looked at by itself, and through the engine
    found = [(name, each) for name, each in found if seen.setdefault(each, name) == name]
    if as_json:
        show([{"section": name, **finding.as_json()} for name, finding in found], as_json=True)
    else:
        for name, group in groupby(found, key=lambda pair: pair[0]):
            click.echo(name)
            show_findings([finding for _, finding in group])
    sys.exit(int(any(finding.severity is Severity.FAULT for _, finding in found)))
