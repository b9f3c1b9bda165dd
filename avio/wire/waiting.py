"""Why a job waits: the reasons, and what each is about. All processes and clients read them.

Standard library only.
"""

from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    """What a job waits for. Clients may meet a reason that they don't know."""

    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"  # a store refuses, or does not answer: the job tries again
    STORE_SILENT = "STORE_SILENT"  # no byte has come for some seconds, and no error


@dataclass(frozen=True, slots=True)
class Wait:
    """What a running job waits for, and since when, in milliseconds since the epoch by the node's clock.

    `why` is a word of `Why`; `what` is the store and its error in words, "" if there is none.
    """

    why: str
    what: str
    since_ms: int
