"""`avio-server jobs`: the jobs of all users, straight from the database."""

import click

from avio.admin.database import opened
from avio.admin.output import moment, show
from avio.admin.settings import with_settings
from avio.config import Settings
from avio.rules import history
from avio.rules.callers import LOCAL_ADMIN
from avio.rules.types import Filter
from avio.terminal.numbers import WholeNumber
from avio.wire.states import JobType, State


@click.command()
@click.option(
    "--status", "states", multiple=True, type=click.Choice([state.value for state in State]), help="Of this state."
)
@click.option("--uid", type=WholeNumber(0), help="Of this user alone.")
@click.option("--limit", default=50, show_default=True, type=WholeNumber(1, 10_000), help="How many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@with_settings
def jobs(states: tuple[str, ...], uid: int | None, limit: int, as_json: bool, settings: Settings) -> None:
    """List the jobs of all users, newest first."""
    with opened(settings):
        wanted = Filter(uids=None if uid is None else [uid], states=states or None)
        found, _ = history.list_jobs(LOCAL_ADMIN, wanted, limit)
        rows = [
            {
                "id": job.id,
                "uid": job.uid,
                "type": JobType(job.type).name.lower(),
                "state": job.state,
                "attempt": job.attempt,
                "node": job.node,
                "files": f"{job.counters.files_done}/{job.counters.files_total}{'' if job.total_complete else '+'}",
                "failed": job.counters.files_failed,
                "created": moment(job.created_at),
                "message": job.message,
            }
            for job in found
        ]
    show(rows, as_json=as_json)
