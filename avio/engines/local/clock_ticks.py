"""The ticks in which file systems count time: a second write within one tick changes no mtime.

So a file is read after the tick of its mtime: each later write gives it another mtime. Used in the job process.
"""

import time

from avio.engines.cancel import sleep
from avio.engines.run import Run

SECOND_NS = 1_000_000_000
TICK_NS = 20_000_000  # the kernel's is up to 10 ms
WHOLE_TICK_NS = 2 * SECOND_NS  # of file systems that keep whole seconds, or only even ones


def await_next_tick(mtime_ns: int, run: Run) -> None:
    """Return when a write must give another mtime than `mtime_ns`, or after `run` must stop.

    A time further in the future than a tick is no time of a write.
    """
    left = _left(mtime_ns, time.time_ns())
    if left:
        with run.silent(left / SECOND_NS):
            sleep(left / SECOND_NS, run.stopping)


def tick_is_over(mtime_ns: int, now_ns: int) -> bool:
    """Return True if `await_next_tick` need not wait."""
    return not _left(mtime_ns, now_ns)


def _left(mtime_ns: int, now_ns: int) -> int:
    tick = TICK_NS if mtime_ns % SECOND_NS else WHOLE_TICK_NS
    left = mtime_ns + tick - now_ns
    return left if 0 < left <= tick else 0
