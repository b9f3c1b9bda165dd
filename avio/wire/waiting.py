"""Why a job is still queued: the reasons, and what each is about. Web, admin and clients read them.

Standard library only.
"""

from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    """What a queued job waits for. Clients take a reason that they don't know for TURN."""

    NO_NODE = "NO_NODE"  # no worker node is alive
    NODES_DRAIN = "NODES_DRAIN"  # none of those that are alive takes jobs
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"  # no node takes jobs, since a tier is not mounted
    NODE_VERSION = "NODE_VERSION"  # no node that is alive knows what the job asks for
    START_TIME = "START_TIME"  # its start time, or that of its next attempt
    OTHER_JOB = "OTHER_JOB"  # one that must end first, or a free job that drops files of it
    LIMIT = "LIMIT"  # a limit of running jobs is reached
    SLOTS_BUSY = "SLOTS_BUSY"  # all slots have jobs
    TURN = "TURN"  # other jobs come first, or a node is about to take it


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why, and what for in words: a job, a limit, the users who have the slots. `since` is in epoch seconds.

    `position` counts from 1, in the order in which nodes claim. None: the job is not due.
    """

    why: Why
    what: str | None
    since: float
    position: int | None
