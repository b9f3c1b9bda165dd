"""How long a listing may take: a job waits as long as the store works, a task must answer its caller.

Used in web and the job process. Pure.
"""

import math
from typing import NamedTuple

from avio.errors import EngineAway


class Pace(NamedTuple):
    """Limits in seconds. `page_seconds` bounds one request (0: no limit), `silent_seconds` one without a byte.

    A page is asked for again for `retry_seconds` if the store is unavailable, for `bad_reply_seconds` if its answer is
    wrong: a job waits on for an unavailable store, but not for one that is wrong.
    At most `window` entries of a directory are held at once.
    With `ahead` the next page is asked for before it is needed.
    After `until` (of the monotonic clock) no further page is asked for: `OutOfTime`.
    """

    page_seconds: float
    silent_seconds: int
    retry_seconds: float
    bad_reply_seconds: float
    window: int
    until: float = math.inf
    ahead: bool = False


PAGE_SECONDS = 5.0  # a page of a task that takes longer ends early; the next page continues there

JOB = Pace(page_seconds=0, silent_seconds=300, retry_seconds=3, bad_reply_seconds=10, window=100_000, ahead=True)
TASK = Pace(page_seconds=9, silent_seconds=9, retry_seconds=2, bad_reply_seconds=2, window=10_000)


class OutOfTime(EngineAway):
    """The time of a task is over before the store has listed what it asks for."""
