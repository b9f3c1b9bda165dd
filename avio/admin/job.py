"""`avio-server job`: one job as an admin sees it, attempt by attempt."""

import json
from typing import Any

import click

from avio.admin.database import opened
from avio.admin.output import moment, show
from avio.admin.settings import with_settings
from avio.config import Settings
from avio.rules import history
from avio.rules.callers import LOCAL_ADMIN
from avio.rules.types import Attempt
from avio.terminal.texts import Text


@click.command()
@click.argument("job_id", type=Text())
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@with_settings
def job(job_id: str, as_json: bool, settings: Settings) -> None:
    """Show the attempts of the job JOB_ID, newest first: where they ran, how isolated, how they ended."""
    with opened(settings):
        rows = [_row(attempt) for attempt in history.attempts(LOCAL_ADMIN, job_id)]
    show(rows, as_json=as_json)


def _row(attempt: Attempt) -> dict[str, Any]:
    isolation = json.loads(attempt.isolation) if attempt.isolation else {}
    return {
        "attempt": attempt.attempt,
        "node": attempt.node,
        "epoch": attempt.epoch,
        "pid": attempt.pid,
        "started": moment(attempt.started_at),
        "ended": moment(attempt.ended_at),
        "outcome": attempt.outcome,
        "exit": attempt.exit_code if attempt.exit_signal is None else f"signal {attempt.exit_signal}",
        "max_rss": attempt.max_rss,
        "movers": len(json.loads(attempt.movers)) if attempt.movers else None,
        "isolation": " ".join(isolation.get("used", ())),
        "missing": "; ".join(f"{rung}: {why}" for rung, why in isolation.get("missing", {}).items()),
    }
