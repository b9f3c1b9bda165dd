"""Jobs that ended long ago, and a pass of retention over them."""

from avio.aggregator.retention import Retention
from avio.config.retention import RetentionSettings
from avio.db.models import Job
from avio.db.sql import change
from avio.wire.states import State
from tests.contract.db import given

DAY = 86400
NEVER = {name: 0 for name in RetentionSettings.model_fields if name.endswith("_keep")}


def run(**keep: int) -> None:
    """Make a whole pass; the ages that are not in `keep` are for ever."""
    worker = Retention(RetentionSettings(**NEVER | keep))
    while not worker._rest_until:
        worker.bite()


def grow_old(job: str, days: float) -> str:
    """Let a job have ended so many days ago."""
    change(
        "UPDATE jobs SET finished_at = finished_at - ?, created_at = created_at - ? WHERE id = ?", days * DAY, 0, job
    )
    return job


def ended(state: State = State.FAILED, days: float = 10, **columns: object) -> str:
    """A job that ended so many days ago, and that no rule needs."""
    made = given.in_state(state)
    given.set_row(made, started_at=None, **columns)
    return grow_old(made, days)


def there() -> set[str]:
    return {job.id for job in Job.select(Job.id)}
