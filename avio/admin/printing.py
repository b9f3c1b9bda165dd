"""How admin commands show rows: a table for people, JSON for machines."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from avio.findings import Finding, Severity

WORDS = {Severity.GOOD: "ok", Severity.NOTE: "note", Severity.WARNING: "warning", Severity.FAULT: "not ok"}


def show(rows: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """Print rows with the same keys: as a table under upper-case headings, or as one JSON array."""
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        click.echo("none", err=True)
        return
    lines = [[name.upper() for name in rows[0]], *([_text(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def show_findings(findings: Iterable[Finding]) -> None:
    """Print findings, a line each, and below it what to do."""
    for finding in findings:
        click.echo(f"{WORDS[finding.severity]:7}  {finding.subject}: {_text(finding.message)}")
        if finding.cure:
            click.echo(f"         try: {_text(finding.cure)}")


def moment(seconds: float | None) -> str | None:
    """Return epoch seconds as RFC 3339 in UTC, to the second."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(value: Any) -> str:
    """Return a cell; control characters in names must not reach the terminal."""
    text = "-" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
