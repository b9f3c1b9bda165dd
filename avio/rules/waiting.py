"""Why a queued job does not run yet, in words for its user. Used by web and admin."""

from avio.clock import now
from avio.db import predecessors, waiting
from avio.db.models import Job
from avio.db.waiting import Fleet
from avio.wire.after import After
from avio.wire.states import State

MOST_BEFORE = 1000  # jobs that are counted

NO_NODE = "no worker node is alive"


def explain(jobs: list[Job], *, place: bool = False) -> None:
    """Set the message of each queued job that has none. Needs a connection. With `place`, count the jobs before it."""
    silent = [job for job in jobs if job.state == State.QUEUED and not job.message]
    if not silent:
        return
    ids = [job.id for job in silent]
    fleet, frees, before = waiting.fleet(), waiting.frees(ids), predecessors.open_of(ids)
    for job in silent:
        if job.id in before:
            job.message = _for_jobs(before[job.id])
        elif job.not_before is not None and (rest := job.not_before - now()) > 0:
            job.message = f"waits: its time comes in {_duration(rest)}"
        elif job.id in frees and fleet.taking:
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


def _for_jobs(open_: list[After]) -> str:
    first, *more = open_
    others = f"; it waits for {_counted(len(more), 'other job')} too" if more else ""
    return f"waits: job {first.job} must {'succeed' if first.must_succeed else 'end'} first{others}"


def _duration(seconds: float) -> str:
    minutes = -int(-seconds // 60)
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
