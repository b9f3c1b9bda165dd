"""All that runs in the job process between the fork and `executor.run`: isolation, order, deadline, signals.

Its memory is a copy of keeper's; it uses only the modules that were imported ahead.
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
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

from setproctitle import setproctitle

from avio.clock import boottime
from avio.engines.movers.page import Page
from avio.executor.attempt import Attempt
from avio.executor.other_files import OtherFiles
from avio.executor.run import STOPPED as STOPPED_STATE
from avio.executor.run import run
from avio.isolation.ladder import APART, CONFINED, Ground, Ladder
from avio.isolation.session import own_proc
from avio.wire import traces
from avio.wire.limits import Limits
from avio.wire.orders import Order
from avio.wire.states import JobType
from supervisor.child.confinement import reach_of, scrub_environment
from supervisor.child.movers import start_spawner
from supervisor.child.title import title_of
from supervisor.shared import exit_codes
from supervisor.shared.control import Begin, Control, Deadline, EarlierJobs, read_messages
from supervisor.shared.heartbeat import Heartbeat

# How often the process checks its deadline, and how long an orphaned one may take to clean up.
WATCH_SECONDS = 0.25
CLEAN_UP_SECONDS = 5.0

# The descriptors of keeper's pipes; output is 1 and 2.
CONTROL, REPORT = 3, 4

SHARED = (JobType.PRELOAD, JobType.SAVE, JobType.CHECK)  # the jobs that have movers

log = logging.getLogger(__name__)


def main(ground: Ground, directory: Path, control: int, output: int, report: int, heartbeat: Heartbeat) -> NoReturn:
    """Become the job process of the attempt in `directory`.

    `control` carries the order, then deadlines. The isolation that was reached goes to `report`, which is closed
    then. `heartbeat` shows keeper that the work makes progress.
    """
    code = exit_codes.FAULTY
    try:
        gc.freeze()
        _keep_only(control, output, report)
        own_proc()
        _reset_signals()
        _start_log()
        os.chdir(directory)
        os.umask(0o022)
        # The first call must come before the environment is scrubbed: it finds the arguments' memory by it.
        setproctitle(f"avio job {directory.name}")
        scrub_environment(str(directory), directory.name)
        random.seed()
        ladder = Ladder(ground)
        ladder.climb(APART)
        code = _work(directory, read_messages(os.fdopen(CONTROL, "rb")), ladder, heartbeat)
    except BaseException:
        log.exception("the job process failed")
    finally:
        sys.stderr.flush()
        os._exit(code)


def _work(directory: Path, messages: Iterator[Control], ladder: Ladder, heartbeat: Heartbeat) -> int:
    begin = next((message for message in messages if isinstance(message, Begin)), None)
    if begin is None:
        raise EOFError("keeper closed the control pipe without an order")
    order = Order.from_json(begin.order)
    _start_log(traces.trace_id(order.trace))
    setproctitle(title_of(order))
    page = Page()
    page.deadline = begin.deadline
    ladder.ground.reach = reach_of(order, directory)
    ladder.climb(CONFINED)
    os.write(REPORT, ladder.report().encode())
    os.close(REPORT)
    start = start_spawner(order, page, (CONTROL,)) if order.type in SHARED else None
    attempt = Attempt(
        order.job, order.attempt, heartbeat.beat, order.threads, order.bytes_before, order.limits, page, start
    )
    attempt.taken.others = OtherFiles(order.earlier)
    signal.signal(signal.SIGTERM, _stopper(attempt))
    threading.Thread(target=_follow, args=(messages, attempt), name="control", daemon=True).start()
    threading.Thread(target=_watch, args=(attempt,), name="watch", daemon=True).start()
    result = run(order, attempt, directory)
    return exit_codes.STOPPED if result.state == STOPPED_STATE else exit_codes.ENDED


def _stopper(attempt: Attempt) -> Callable[[int, FrameType | None], None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        attempt.stop()

    return stop


def _follow(messages: Iterator[Control], attempt: Attempt) -> None:
    """Obey messages as they come; their end means that keeper is gone."""
    for message in messages:
        if isinstance(message, Deadline):
            attempt.deadline = message.at
        elif isinstance(message, Limits):
            attempt.limit(message)
        elif isinstance(message, EarlierJobs):
            attempt.taken.others.keep(message.jobs)
        else:
            log.warning("ignored a second order")
    attempt.stop()
    time.sleep(CLEAN_UP_SECONDS)
    os._exit(exit_codes.ORPHANED)


def _watch(attempt: Attempt) -> None:
    """End the process once its lease is over, whatever it does: another node may begin the job now."""
    while boottime() <= attempt.deadline:
        time.sleep(WATCH_SECONDS)
    os._exit(exit_codes.FENCED)


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


def _start_log(trace: str | None = None) -> None:
    """Log plain lines, for people who read them with `avio log`. Each names the trace of the job, if it has one."""
    named = "" if trace is None else f" [trace {trace}]"
    line = f"%(asctime)s %(levelname)s{named} %(message)s"
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=line, force=True)
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # one line for each request is noise
