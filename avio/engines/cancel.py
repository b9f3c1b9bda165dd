"""Lets the inside of a transfer notice that its attempt must stop.

Used in the job process by both engines, in every step that may take long.
"""

import time
from collections.abc import Callable

from avio.engines.run import Run

POLL_SECONDS = 0.1  # between two checks of the attempt


class Stopped(Exception):
    """The attempt must stop. Whoever catches this publishes nothing and removes its temporary files."""


def check_cancelled(run: Run) -> None:
    """Return while the attempt may continue. Raise `Stopped` after it must stop."""
    if run.stopping():
        raise Stopped


def sleep(seconds: float, stopping: Callable[[], bool]) -> bool:
    """Sleep `seconds` and return True; return False soon after `stopping()` is true."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        if stopping():
            return False
        time.sleep(min(POLL_SECONDS, left))
    return True
