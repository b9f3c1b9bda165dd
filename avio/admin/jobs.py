"""`avio-server jobs`: the jobs of all users, straight from the database."""

import click

from avio.admin.opening import opened
from avio.admin.printing import moment, show
from avio.db import history
from avio.wire.states import JobType, State


@click.command()
@click.option(
    "--status", "states", multiple=True, type=click.Choice([state.value for state in State]), help="Of this state."
)
@click.option("--uid", type=int, help="Of this user alone.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def jobs(states: tuple[str, ...], uid: int | None, limit: int, as_json: bool) -> None:
    """List the jobs of all users, newest first."""
    with opened():
        wanted = history.Filter(uid=uid, states=states or None)
        rows = [
            {
                "id": job.id,
                "uid": job.uid,
                "type": JobType(job.type).name.lower(),
                "state": job.state,
                "attempt": job.attempt,
                "node": job.node,
                "files": f"{job.files_done}/{job.files_total}{'' if job.total_complete else '+'}",
                "failed": job.files_failed,
                "created": moment(job.created_at),
                "message": job.message,
            }
            for job in history.page(wanted, limit)
        ]
    show(rows, as_json=as_json)
