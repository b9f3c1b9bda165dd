"""The states of a job and the moves between them, the kinds of a job and its phases.

Read by every process. `avio.db` takes its lists of states from here; `schema.sql` and the docs are checked against it.
"""

from enum import IntEnum, StrEnum


class JobType(IntEnum):
    """What a job does, by the number that the API carries."""

    LS = 0
    PRELOAD = 1
    SAVE = 2
    STAT = 3
    FREE = 4  # made by POST /free alone
    CHECK = 5
    PLAN = 6  # the listing of a preload or save, which says what that job would do


class State(StrEnum):
    """The state of a job. The wish to cancel is a column, not a state."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Phase(StrEnum):
    """The phase of a running job."""

    LISTING = "listing"
    TRANSFERRING = "transferring"
    VERIFYING = "verifying"


# (from, to): who may make the move. The lists below, which guard every UPDATE of jobs.state, are derived from it.
MOVES: dict[tuple[State, State], str] = {
    (State.QUEUED, State.STARTING): "intake: claim",
    (State.QUEUED, State.CANCELLED): "web: cancel before a claim; aggregator: a job that had to succeed first did not",
    (State.STARTING, State.RUNNING): "intake: the job process is up",
    (State.STARTING, State.STOPPING): "web: cancel",
    (State.RUNNING, State.STOPPING): "web: cancel",
    (State.STARTING, State.SUCCEEDED): "intake: end, from the result file",
    (State.STARTING, State.PARTIAL): "intake: end, from the result file",
    (State.STARTING, State.FAILED): "intake: end; aggregator: reap",
    (State.STARTING, State.CANCELLED): "aggregator: reap of a cancelled job",
    (State.STARTING, State.QUEUED): "intake: crash, drain or no room; aggregator: reap",
    (State.RUNNING, State.SUCCEEDED): "intake: end, from the result file",
    (State.RUNNING, State.PARTIAL): "intake: end, from the result file",
    (State.RUNNING, State.FAILED): "intake: end; aggregator: reap",
    (State.RUNNING, State.CANCELLED): "aggregator: reap of a cancelled job",
    (State.RUNNING, State.QUEUED): "intake: crash, drain or no room; aggregator: reap",
    (State.STOPPING, State.CANCELLED): "intake: the process is gone; aggregator: reap",
    (State.STOPPING, State.SUCCEEDED): "intake: it ended before the wish reached it",
    (State.STOPPING, State.PARTIAL): "intake: it ended before the wish reached it",
    (State.STOPPING, State.FAILED): "intake: it ended before the wish reached it",
}

# States that some move leaves: the job has not ended.
UNFINISHED = frozenset(origin for origin, _ in MOVES)

# States that no move leaves.
TERMINAL = frozenset(State) - UNFINISHED

# States in which an attempt belongs to a node: its result can end the job.
OWNED = frozenset(origin for origin, target in MOVES if target is State.SUCCEEDED)
