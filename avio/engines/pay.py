"""Lets a transfer wait for the bandwidth of its attempt.

Used in the job process by both engines, between the pieces of what they move.
"""

from collections.abc import Callable

from avio.engines.cancel import POLL_SECONDS, Stopped, sleep
from avio.engines.run import Run


def pay(run: Run, size: int) -> None:
    """Spend `size` bytes that have moved, and wait until more may move. Raise Stopped if the attempt must stop."""
    run.bandwidth.spend(size)
    if not _wait(run, run.bandwidth.wait_seconds, run.stopping):
        raise Stopped


def wait_for_turn(run: Run, size: int, stopping: Callable[[], bool]) -> bool:
    """Wait until `size` bytes may move, and spend them. Return False, soon, when `stopping()` is true."""
    return _wait(run, lambda: run.bandwidth.admit(size), stopping)


def _wait(run: Run, left: Callable[[], float], stopping: Callable[[], bool]) -> bool:
    """Wait until `left()` is 0. It is asked again after POLL_SECONDS at the latest, since the rate may change."""
    while (seconds := left()) > 0:
        run.checked(0)  # an attempt that waits for its bandwidth has not stalled
        if not sleep(min(seconds, POLL_SECONDS), stopping):
            return False
    return True
