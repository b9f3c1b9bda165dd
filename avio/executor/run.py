"""One attempt from its order to its result file. Called by the job process, once.

Whatever happens short of the process's death ends in a result file: succeeded, partial, failed or stopped.
"""

import logging
import os
import time
from pathlib import Path

from avio.engines.base import Engine
from avio.engines.opening import open_engine
from avio.errors import AvioError, EngineAway
from avio.executor.attempt import Attempt, Stopped
from avio.executor.looking import look
from avio.executor.moving import Moving, Verified
from avio.executor.reporting import Reporter
from avio.executor.verdict import explain, judge
from avio.faults import fault
from avio.wire.orders import Order
from avio.wire.results import Result
from avio.wire.states import JobType, State

STOPPED = "stopped"

# Seconds to wait before the work begins again when bucket or cache went away as a whole.
AWAY_PAUSES = (1.0, 5.0, 15.0)

log = logging.getLogger(__name__)


def run(order: Order, attempt: Attempt, directory: Path) -> Result:
    """Do the work of `order`, leave result, report and entries in `directory`, and return the result."""
    fault("executor.begins")
    began = time.monotonic()
    log.info("%s %s: attempt %d", order.type.name.lower(), order.params.alluxio_uri or "file list", order.attempt)
    reporter = Reporter(attempt, directory, order.events_url)
    result = Result(order.job, order.attempt, STOPPED)
    try:
        verified = _work_until_there(open_engine(order.engine), order, attempt, reporter, directory)
        result.state, result.reason, result.message = judge(attempt.progress())
        if verified is not None:
            result.verified_files, result.verified_bytes = verified.files, verified.bytes
    except Stopped:
        result.message = "stopped on request" if attempt.asked_to_stop() else "the lease of the node is over"
    except Exception as error:
        log.error("the work ended: %s", error, exc_info=None if isinstance(error, AvioError) else error)
        result.state = State.FAILED
        result.reason, result.message = explain(error)
    _close(reporter, result, directory)
    result.progress, result.failures = attempt.progress(), reporter.failures
    log.info("%s in %.1f s: %s", result.state, time.monotonic() - began, result.message)
    fault("executor.before-result")
    result.write(directory)
    fault("executor.after-result")
    return result


def _close(reporter: Reporter, result: Result, directory: Path) -> None:
    """Close the report, and give the room of the plans to the result: on a full disk, too, the end must be told."""
    try:
        reporter.close()
    except OSError as error:
        log.error("the report is cut: %s", error)
        if result.state != STOPPED:
            result.state = State.FAILED
            result.reason, result.message = explain(error)
    for plan in (*directory.glob("plan"), *directory.glob("missing.*")):
        os.truncate(plan, 0)  # not only unlinked: a thread that was left behind may hold it open


def _work_until_there(
    engine: Engine, order: Order, attempt: Attempt, reporter: Reporter, directory: Path
) -> Verified | None:
    """Do the work, and begin it again a few times when a store goes away: what is done is found and skipped."""
    for pause in AWAY_PAUSES:
        try:
            return _work(engine, order, attempt, reporter, directory)
        except EngineAway as error:
            log.warning("%s; the work begins again in %.0f s", error, pause)
            attempt.pause(pause)
            attempt.start_over()
            reporter.start_over()
    return _work(engine, order, attempt, reporter, directory)


def _work(engine: Engine, order: Order, attempt: Attempt, reporter: Reporter, directory: Path) -> Verified | None:
    if order.type in (JobType.LS, JobType.STAT):
        look(engine, order, attempt, reporter, directory)
        return None
    return Moving(engine, order, attempt, reporter, directory).run()
