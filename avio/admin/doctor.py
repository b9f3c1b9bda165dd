"""`avio-server doctor`: looks at everything that a node stands on, and says what to change."""

import sys
from itertools import groupby

import click

from avio.admin.printing import show, show_findings
from avio.admin.sections import SECTIONS
from avio.config import load
from avio.findings import Severity


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def doctor(as_json: bool) -> None:
    """Look at all that this machine's settings name: database, Redis, engine, tiers, spool, isolation.

    Run it on each worker node, as the user that the supervisor runs as. Exit code 1: something must be changed.
    """
    settings = load()
    found = [(section.name, finding) for section in SECTIONS for finding in section.look(settings)]
    if as_json:
        show([{"section": name, **finding.as_json()} for name, finding in found], as_json=True)
    else:
        for name, group in groupby(found, key=lambda pair: pair[0]):
            click.echo(name)
            show_findings([finding for _, finding in group])
    sys.exit(int(any(finding.severity is Severity.FAULT for _, finding in found)))
