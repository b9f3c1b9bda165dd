"""Why a queued job does not run yet, in words for its user. Used by web and admin."""

from avio.db import waiting
from avio.db.models import Job
from avio.db.waiting import Fleet
from avio.wire.states import State

MOST_BEFORE = 1000  # jobs that are counted

NO_NODE = "no worker node is alive"


def explain(jobs: list[Job], *, place: bool = False) -> None:
    """Set the message of each queued job that has none. Needs a connection. With `place`, count the jobs before it."""
    silent = [job for job in jobs if job.state == State.QUEUED and not job.message]
    if not silent:
        return
    fleet, frees = waiting.fleet(), waiting.frees([job.id for job in silent])
    for job in silent:
        if job.id in frees and fleet.taking:
            job.message = f"waits: job {frees[job.id]} frees files at, above or below its path"
        else:
            job.message = reason(fleet, waiting.before(job.id, job.run_at, MOST_BEFORE) if place else 0)


def reason(fleet: Fleet, before: int) -> str:
    """Return what a queued job waits for; "" if nothing keeps it, and the next node takes it."""
    line = f"; {'at least ' if before == MOST_BEFORE else ''}{_counted(before, 'job')} before it" if before else ""
    if not fleet.alive:
        return f"waits: {NO_NODE}; ask the admin to start a supervisor{line}"
    if not fleet.taking:
        return f"waits: no worker node takes jobs; avio-server check says why{line}"
    if fleet.busy >= fleet.slots:
        return f"waits: all {_counted(fleet.slots, 'slot')} of {_counted(fleet.taking, 'worker node')} are busy{line}"
    return f"waits{line.replace(';', ':', 1)}" if before else ""


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
