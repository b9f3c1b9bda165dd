"""The signals by which a process is asked to stop: TERM, Ctrl-C, and the end of its terminal.

Used by supervisor, aggregator and `avio-server up`. Standard library only.
"""

import signal
from collections.abc import Callable
from types import FrameType


def handle_stop(handler: Callable[[int, FrameType | None], None]) -> None:
    """Call `handler` for each of the signals. HUP stays ignored in a process that nohup has started."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)
