"""Why a job waits: the reasons, and what each is about. All processes and clients read them.

Standard library only.
"""

from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    """What a job waits for. Clients may meet a reason that they don't know."""

    # While it is queued.
    NO_NODE = "NO_NODE"  # no worker node is alive
    NODES_DRAIN = "NODES_DRAIN"  # none of those that are alive takes jobs
    NODE_VERSION = "NODE_VERSION"  # no node that is alive knows what the job asks for
    START_TIME = "START_TIME"  # its start time, or that of its next attempt
    OTHER_JOB = "OTHER_JOB"  # one that must end first, or a free job that drops files of it
    LIMIT = "LIMIT"  # a limit of running jobs is reached
    SLOTS_BUSY = "SLOTS_BUSY"  # all slots have jobs
    TURN = "TURN"  # other jobs come first, or a node is about to take it
    # No node takes jobs, since a tier is not mounted; or a store of a running job refuses or does not answer.
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"
    TIER_FULL = "TIER_FULL"  # the tiers have no room for all of it: in the queue, or while it runs
    STORE_SILENT = "STORE_SILENT"  # no byte has come for some seconds while it runs, and no error


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why, and what for in words: a job, a limit, the users who have the slots. `since` is in epoch seconds.

    `position` counts from 1, in the order in which nodes claim. None: the job is not due.
    """

    why: Why
    what: str | None
    since: float
    position: int | None


@dataclass(frozen=True, slots=True)
class Wait:
    """What a running job waits for, and since when, in milliseconds since the epoch by the node's clock.

    `why` is a word of `Why`; `what` is the store and its error in words, "" if there is none.
    """

    why: str
    what: str
    since_ms: int
