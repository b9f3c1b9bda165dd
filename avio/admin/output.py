"""How admin commands show rows: a table for people, JSON for machines."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from avio.findings import Finding, Severity
from avio.terminal.cells import NOTHING, clock, printable, short_clock
from avio.terminal.tables import Column, is_terminal, print_aligned, print_table

NAMES = frozenset({"name", "worker"})  # columns that name a row beside the first one
WORDS = {Severity.GOOD: "ok", Severity.NOTE: "note", Severity.WARNING: "warning", Severity.FAULT: "not ok"}


def show(rows: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """Print rows with the same keys: as a table under upper-case headings, or as one JSON array."""
    if as_json:
        click.echo(json.dumps(rows, indent=2, default=_rfc3339))
        return
    if not rows:
        click.echo("none", err=True)
        return
    if is_terminal():
        ranks = ((name, 0 if name in NAMES else rank) for rank, name in enumerate(rows[0]))
        print_table([_column(name, rank, rows) for name, rank in ranks], [rows])
    else:
        print_aligned([[name.upper() for name in rows[0]], *([_text(value) for value in row.values()] for row in rows)])


def _column(name: str, rank: int, rows: Sequence[dict[str, Any]]) -> Column:
    """Return a column of these rows: of those with a rank the last gives way first."""

    def text(row: Any) -> str:
        return _text(row[name])

    def short(row: Any) -> str:
        value = row[name]
        return short_clock(value) if isinstance(value, datetime) else _text(value)

    is_text = any(isinstance(row[name], str) for row in rows)
    return Column(name.upper(), text, text, rank=rank, keeps="start" if rank and is_text else "", short=short)


def show_findings(findings: Iterable[Finding]) -> None:
    """Print findings, a line each, and below it what to do."""
    for finding in findings:
        click.echo(f"{WORDS[finding.severity]:7}  {printable(finding.subject)}: {printable(finding.message)}")
        if finding.cure:
            click.echo(f"         try: {printable(finding.cure)}")


def moment(seconds: float | None) -> datetime | None:
    """Return epoch seconds as a time, which `show` prints: RFC 3339 in UTC for machines."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _rfc3339(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return clock(value)
    return NOTHING if value is None else str(value)
