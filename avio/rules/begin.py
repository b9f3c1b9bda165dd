"""When a new job may begin: not before a time, and after other jobs. Used by web."""

from collections.abc import Sequence

from avio.clock import now
from avio.errors import BadRequest, Conflict, FieldError, NotFound
from avio.rules import history
from avio.rules.callers import Caller
from avio.wire.after import MAX_AFTER, After
from avio.wire.states import TERMINAL, State

# A request takes time, and clocks differ: so many seconds ago is now.
PAST_SECONDS = 300
AHEAD_DAYS = 366


class PredecessorFailed(Conflict):
    """A job may begin only after the success of another one, which ended without it."""

    reason = "PREDECESSOR_FAILED"
    cure = "retry that job, then order this one after the new job"


def time_problem(at: float | None) -> str | None:
    """Return what is wrong with the time (epoch seconds) before which a job may not begin, or None."""
    if at is None:
        return None
    if at < now() - PAST_SECONDS:
        return "is in the past; leave it out to begin at once"
    if at > now() + AHEAD_DAYS * 86400:
        return f"is more than {AHEAD_DAYS} days ahead; give an earlier time"
    return None


def merged(after: Sequence[After]) -> tuple[After, ...]:
    """Return each job once: it must succeed if it must anywhere."""
    strict = {one.job for one in after if one.must_succeed}
    return tuple(After(job, job in strict) for job in dict.fromkeys(one.job for one in after))


def require_predecessors(caller: Caller, after: Sequence[After]) -> None:
    """Raise BadRequest for jobs that the caller can't see, PredecessorFailed if one has not succeeded and had to.

    No job can wait for itself, by others either: those that it waits for are there before it. Needs a connection.
    """
    if len(after) > MAX_AFTER:
        raise BadRequest("the job request is invalid", [FieldError("after", f"has more than {MAX_AFTER} jobs")])
    found, missing = [], []
    for one in after:
        try:
            found.append((one, history.get(caller, one.job)))
        except NotFound:
            missing.append(one.job)
    if missing:
        raise BadRequest("the job request is invalid", [FieldError("after", f"no such job: {', '.join(missing)}")])
    for one, job in found:
        if one.must_succeed and State(job.state) in TERMINAL - {State.SUCCEEDED}:
            raise PredecessorFailed(hopeless(one.job, job.state))


def hopeless(predecessor: str, state: str) -> str:
    """Return why a job can't begin whose predecessor had to succeed."""
    ended = {State.CANCELLED: "was cancelled", State.PARTIAL: "ended as partial"}.get(State(state), f"has {state}")
    return f"job {predecessor}, which had to succeed first, {ended}"
