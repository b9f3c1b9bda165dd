"""All that runs after a fork, in the job process, until `executor.run`: setting apart, order, deadline, signals.

The memory is a copy of keeper's: nothing of it is used but the modules imported ahead.
"""

import fcntl
import gc
import logging
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

from avio.clock import boottime
from avio.executor.attempt import Attempt
from avio.executor.run import STOPPED as STOPPED_STATE
from avio.executor.run import run
from avio.isolation.ladder import APART, CONFINED, Ground, Ladder
from avio.wire.orders import Order
from supervisor import exits
from supervisor.isolation import reach_of, scrub_environment
from supervisor.pulse import Pulse

# How often the process looks at its own deadline, and how long a stopped one may take to tidy up.
WATCH_SECONDS = 0.25
TIDY_SECONDS = 5.0

# Where the descriptors of keeper's pipes come to lie; output is 1 and 2.
CONTROL, REPORT = 3, 4


def main(ground: Ground, directory: Path, control: int, output: int, report: int, pulse: Pulse) -> NoReturn:
    """Become the job process of the attempt in `directory`.

    `control` gives the order, then deadlines; the rungs that hold are told to `report`, which is closed then.
    `pulse` shows keeper that the work goes on.
    """
    code = exits.FAULTY
    try:
        gc.freeze()
        _keep_only(control, output, report)
        _reset_signals()
        _start_log()
        os.chdir(directory)
        os.umask(0o022)
        scrub_environment(str(directory), directory.name)
        random.seed()
        ladder = Ladder(ground)
        ladder.climb(APART)
        code = _work(directory, os.fdopen(CONTROL, encoding="utf-8"), ladder, pulse)
    except BaseException:
        logging.getLogger(__name__).exception("the job process cannot go on")
    finally:
        sys.stderr.flush()
        os._exit(code)


def _work(directory: Path, control: IO[str], ladder: Ladder, pulse: Pulse) -> int:
    order = Order.from_json(control.readline())
    attempt = Attempt(order.job, order.attempt, pulse.beat)
    attempt.deadline = float(control.readline())
    ladder.ground.reach = reach_of(order, directory)
    ladder.climb(CONFINED)
    os.write(REPORT, ladder.report().encode())
    os.close(REPORT)
    signal.signal(signal.SIGTERM, _stopper(attempt))
    threading.Thread(target=_follow, args=(control, attempt), name="control", daemon=True).start()
    threading.Thread(target=_watch, args=(attempt,), name="watch", daemon=True).start()
    result = run(order, attempt, directory)
    return exits.STOPPED if result.state == STOPPED_STATE else exits.ENDED


def _stopper(attempt: Attempt) -> Callable[[int, FrameType | None], None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        attempt.stop()

    return stop


def _follow(control: IO[str], attempt: Attempt) -> None:
    """Take new deadlines as they come; end of file means that keeper is gone."""
    for line in control:
        attempt.deadline = float(line)
    attempt.stop()
    time.sleep(TIDY_SECONDS)
    os._exit(exits.ORPHANED)


def _watch(attempt: Attempt) -> None:
    """End the process once its lease is over, whatever the work is at: another node may begin it now."""
    while boottime() <= attempt.deadline:
        time.sleep(WATCH_SECONDS)
    os._exit(exits.FENCED)


def _keep_only(control: int, output: int, report: int) -> None:
    """Close every inherited descriptor but these; standard input is empty, output and error are `output`."""
    kept = [os.open(os.devnull, os.O_RDONLY), output, output, control, report]
    # Moved out of the way first: one of them may lie where another is to go.
    for place, fd in enumerate([fcntl.fcntl(fd, fcntl.F_DUPFD, len(kept)) for fd in kept]):
        os.dup2(fd, place)
    os.closerange(len(kept), os.sysconf("SC_OPEN_MAX"))


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _start_log() -> None:
    """Plain lines: a person reads them, by `avio log`."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", force=True
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each request tells a user nothing
