"""Why a queued job does not run yet: for programs, and in words for its user. Used by web and admin."""

from dataclasses import dataclass

from avio.db import predecessors, turns, waiting
from avio.db.kept_slots import KeptSlots, kept_slots
from avio.db.models import Job
from avio.db.sql import now
from avio.db.waiting import Fleet
from avio.rules.room_waits import Rooms
from avio.wire.after import After
from avio.wire.job_limits import JobLimits, Owner, Running, used_mounts
from avio.wire.states import State
from avio.wire.waiting import Waiting, Why

NO_NODE = "no worker node is alive"

# What nodes say of a queued job, in its message.
NEEDS_NEWER = "the job waits for a node with a newer version: upgrade the nodes"
TAKES_NO_JOB = "takes no job:"

SHOWN_USERS = 5  # of those who have the slots


@dataclass(frozen=True, slots=True)
class _Scene:
    """What is the same for all queued jobs, and what is known of each by its id or uid."""

    now: float
    fleet: Fleet
    busy: list[tuple[str, int]]
    limits: JobLimits
    running: Running
    kept_slots: KeptSlots | None
    owners: dict[int, Owner]
    frees: dict[str, str]
    after: dict[str, list[After]]
    before: dict[str, int]
    rooms: Rooms


def explain(jobs: list[Job]) -> None:
    """Say of each queued job what it waits for, and set its message if it has none. Needs a connection."""
    queued = [job for job in jobs if job.state == State.QUEUED]
    if not queued:
        return
    ids = [job.id for job in queued]
    _, owners = turns.present({job.uid for job in queued})
    running = turns.running(limits := turns.limits())
    scene = _Scene(
        now(),
        waiting.fleet(),
        waiting.busy(),
        limits,
        running,
        kept_slots(limits, running),
        dict(owners),
        waiting.frees(ids),
        predecessors.open_of(ids),
        waiting.positions({job.id: job.uid for job in queued}),
        Rooms.for_jobs(queued),
    )
    for job in queued:
        why, what = _reason(job, scene)
        before = scene.before.get(job.id)
        since = min(job.run_at, job.updated_at)
        job.waiting = Waiting(why, what, since, None if before is None else before + 1)
        if not job.message or why is Why.TIER_FULL:  # the attempt that found no room has left its own figures there
            job.message = _message(job, why, what, scene)


def _reason(job: Job, scene: _Scene) -> tuple[Why, str | None]:
    """Return what keeps a job from starting: first what lasts longest."""
    fleet = scene.fleet
    if job.id in scene.after:
        return Why.OTHER_JOB, scene.after[job.id][0].job
    if job.not_before is not None and job.not_before > scene.now:
        return Why.START_TIME, None
    if not fleet.alive:
        return Why.NO_NODE, None
    if job.run_at > scene.now:
        return scene.rooms.pausing(job) or (Why.START_TIME, None)
    if not fleet.taking:
        return (Why.STORE_UNAVAILABLE, job.message) if TAKES_NO_JOB in job.message else (Why.NODES_DRAIN, None)
    if NEEDS_NEWER in job.message:
        return Why.NODE_VERSION, None
    if (kept := _kept_back(job, scene)) is not None:
        return kept
    if fleet.busy >= fleet.slots:
        return Why.SLOTS_BUSY, _whose(scene.busy)
    return Why.TURN, None


def _kept_back(job: Job, scene: _Scene) -> tuple[Why, str] | None:
    """Return what keeps this job from starting, whatever slots are free."""
    if job.id in scene.frees:
        return Why.OTHER_JOB, scene.frees[job.id]
    if (reached := scene.running.reached(scene.owners[job.uid], job.path)) is not None:
        return Why.LIMIT, str(reached)
    mounts = used_mounts(job.path, scene.limits.mounts)
    if scene.kept_slots is not None and scene.kept_slots.hold(job.id, job.priority, mounts):
        return Why.OTHER_JOB, scene.kept_slots.job
    lacking = scene.rooms.lacking(job)
    return None if lacking is None else (Why.TIER_FULL, lacking)


def _whose(busy: list[tuple[str, int]]) -> str:
    shown = [f"{name} {jobs}" for name, jobs in busy[:SHOWN_USERS]]
    others = sum(jobs for _, jobs in busy[SHOWN_USERS:])
    return ", ".join([*shown, f"others {others}"] if others else shown)


def _message(job: Job, why: Why, what: str | None, scene: _Scene) -> str:
    if why is Why.OTHER_JOB and job.id in scene.after:
        return _for_jobs(scene.after[job.id])
    if why is Why.OTHER_JOB and job.id not in scene.frees:
        return f"waits: job {what} has waited longer for slots on several mounts; one on each is kept for it"
    if why is Why.START_TIME and job.not_before is not None and job.not_before > scene.now:
        return f"waits: its time comes in {_duration(job.not_before - scene.now)}"
    return _words(why, what, scene.fleet, scene.before.get(job.id) or 0)


def _words(why: Why, what: str | None, fleet: Fleet, before: int) -> str:
    """Return what a queued job waits for; "" if nothing keeps it, and the next node takes it."""
    line = f"; {_counted(before, 'job')} before it" if before else ""
    if why is Why.TURN:
        return f"waits{line.replace(';', ':', 1)}" if before else ""
    slots = f"all {_counted(fleet.slots, 'slot')} of {_counted(fleet.taking, 'worker node')} are busy ({what})"
    words = {
        Why.NO_NODE: f"{NO_NODE}; ask the admin to start a supervisor",
        Why.NODES_DRAIN: "no worker node takes jobs; avio-server check says why",
        Why.START_TIME: "its start time has not come",
        Why.OTHER_JOB: f"job {what} frees files at, above or below its path",
        Why.LIMIT: str(what),
        Why.SLOTS_BUSY: slots,
        Why.TIER_FULL: f"the cache is full: {what}",
    }
    return f"waits: {words[why]}{line}"


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
