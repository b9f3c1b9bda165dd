"""`avio-server stats`: what the jobs of this installation have shown."""

from typing import Any

import click

from avio.admin.database import opened
from avio.admin.output import show
from avio.admin.settings import with_settings
from avio.config import Settings
from avio.lazygroup import WholeLines
from avio.rules import timings
from avio.rules.callers import LOCAL_ADMIN
from avio.terminal.numbers import WholeNumber


@click.group(cls=WholeLines)
def stats() -> None:
    """Show what the jobs of this installation have shown."""


@stats.command()
@click.option(
    "--limit",
    default=1000,
    show_default=True,
    type=WholeNumber(1, 10_000),
    help="Newest jobs of each type.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@with_settings
def eta(limit: int, as_json: bool, settings: Settings) -> None:
    """Show how right the forecasts of ended jobs were, by type and by the size of an average file.

    After so many percent of its time a job had forecast its end. Shown are the share of forecasts (p50) within 20 % of
    the actual rest, their median error (above 0: it took less time), and the share of jobs that ended within p90.
    """
    with opened(settings):
        found = timings.accuracy(LOCAL_ADMIN, limit)
    show([_row(each, as_json=as_json) for each in found], as_json=as_json)


def _row(each: timings.Accuracy, *, as_json: bool) -> dict[str, Any]:
    return {
        "type": each.type,
        "files": each.shape,
        "after": each.percent if as_json else f"{each.percent}%",
        "jobs": each.jobs,
        "forecasts": each.forecasts,
        "within_20": _share(each.close, as_json=as_json),
        "median_error": _share(each.error, as_json=as_json, signed=True),
        "within_p90": _share(each.covered, as_json=as_json),
    }


def _share(share: float | None, *, as_json: bool, signed: bool = False) -> float | str | None:
    if share is None:
        return None
    if as_json:
        return round(share, 4)
    return f"{100 * share:+.0f}%" if signed else f"{100 * share:.0f}%"
