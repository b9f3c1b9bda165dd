"""All that runs after a fork, in the job process, until `executor.run`: setting apart, order, deadline, signals.

The memory is a copy of keeper's: nothing of it is used but the modules imported ahead.
"""

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
from avio.wire.orders import Order
from supervisor import exits
from supervisor.isolation import limit, scrub_environment, set_apart

# How often the process looks at its own deadline, and how long a stopped one may take to tidy up.
WATCH_SECONDS = 0.25
TIDY_SECONDS = 5.0


def main(parent: int, directory: Path, control: int, output: int) -> NoReturn:
    """Become the job process of the attempt in `directory`; `control` gives the order, then deadlines."""
    code = exits.FAULTY
    try:
        gc.freeze()
        set_apart(parent)
        control, output = _keep_only(control, output)
        _reset_signals()
        os.chdir(directory)
        os.umask(0o022)
        scrub_environment(str(directory), directory.name)
        limit()
        random.seed()
        _start_log()
        code = _work(directory, os.fdopen(control, encoding="utf-8"))
    except BaseException:
        logging.getLogger(__name__).exception("the job process cannot go on")
    finally:
        sys.stderr.flush()
        os._exit(code)


def _work(directory: Path, control: IO[str]) -> int:
    order = Order.from_json(control.readline())
    attempt = Attempt(order.job, order.attempt)
    attempt.deadline = float(control.readline())
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


def _keep_only(control: int, output: int) -> tuple[int, int]:
    """Close every inherited descriptor but these; standard input is empty, output and error are `output`."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(control, 3)
    os.closerange(4, os.sysconf("SC_OPEN_MAX"))
    return 3, 1


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
