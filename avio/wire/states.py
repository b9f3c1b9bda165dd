"""The states of a job and the moves between them, the kinds of a job and its phases.

Read by every process; `schema.sql`, the docs and the tests are checked against the tables here.
"""

from enum import IntEnum, StrEnum


class JobType(IntEnum):
    """What a job does, by the number that the API carries."""

    LS = 0
    PRELOAD = 1
    SAVE = 2
    STAT = 3


class State(StrEnum):
    """Where a job stands. A wish to cancel is a column of its own, not a state."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Phase(StrEnum):
    """What the job process is at, while its job runs."""

    LISTING = "listing"
    TRANSFERRING = "transferring"
    VERIFYING = "verifying"


TERMINAL = frozenset({State.SUCCEEDED, State.PARTIAL, State.FAILED, State.CANCELLED})

# States in which an attempt belongs to a node.
OWNED = frozenset({State.STARTING, State.RUNNING, State.STOPPING})

# (from, to): who may make the move. Every UPDATE of jobs.state is guarded by one row of this table.
MOVES: dict[tuple[State, State], str] = {
    (State.QUEUED, State.STARTING): "intake: claim",
    (State.QUEUED, State.CANCELLED): "web: cancel before a claim",
    (State.STARTING, State.RUNNING): "intake: the job process is up",
    (State.STARTING, State.STOPPING): "web: cancel",
    (State.RUNNING, State.STOPPING): "web: cancel",
    (State.STARTING, State.SUCCEEDED): "intake: end, from the result file",
    (State.STARTING, State.PARTIAL): "intake: end, from the result file",
    (State.STARTING, State.FAILED): "intake: end; aggregator: reap",
    (State.STARTING, State.CANCELLED): "aggregator: reap of a cancelled job",
    (State.STARTING, State.QUEUED): "intake: crash or drain; aggregator: reap",
    (State.RUNNING, State.SUCCEEDED): "intake: end, from the result file",
    (State.RUNNING, State.PARTIAL): "intake: end, from the result file",
    (State.RUNNING, State.FAILED): "intake: end; aggregator: reap",
    (State.RUNNING, State.CANCELLED): "aggregator: reap of a cancelled job",
    (State.RUNNING, State.QUEUED): "intake: crash or drain; aggregator: reap",
    (State.STOPPING, State.CANCELLED): "intake: the process is gone; aggregator: reap",
    (State.STOPPING, State.SUCCEEDED): "intake: it ended before the wish reached it",
    (State.STOPPING, State.PARTIAL): "intake: it ended before the wish reached it",
    (State.STOPPING, State.FAILED): "intake: it ended before the wish reached it",
}


def may_move(origin: State, target: State) -> bool:
    """Tell whether `MOVES` allows a job to go from `origin` to `target`."""
    return (origin, target) in MOVES
