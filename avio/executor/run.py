"""One attempt from its order to its result file. Called by the job process, once.

Unless the process dies, there is a result file in the end: succeeded, partial, failed or stopped.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path

from avio.engines.base import Engine
from avio.engines.content import Content
from avio.engines.factory import open_engine
from avio.engines.kept_paths import KeptPaths
from avio.engines.movers.pool import MoversDied, Pool, movers_for
from avio.errors import AvioError, CacheFull
from avio.executor.attempt import Attempt, Stopped
from avio.executor.browse import write_entries
from avio.executor.check import check
from avio.executor.free import free
from avio.executor.left_out import in_words
from avio.executor.list_object import with_list
from avio.executor.pipeline import move_and_verify
from avio.executor.plan import plan
from avio.executor.report_object import store_report
from avio.executor.reporter import Reporter
from avio.executor.room_wait import NoRoomYet
from avio.executor.timekeeper import Timekeeper
from avio.executor.used_paths import used_paths
from avio.executor.verdict import explain, judge, judge_check
from avio.executor.verifier import Verified
from avio.executor.work import Work
from avio.executor.worklist import WORKLIST_NAME
from avio.faults import fault
from avio.terminal.cells import printable
from avio.wire.orders import Order
from avio.wire.paths import is_text
from avio.wire.plans import Plan
from avio.wire.progress import MAX_NUMBER
from avio.wire.results import LISTING_NAME, Result
from avio.wire.states import JobType, State

STOPPED = "stopped"

# What does the work of a job; one that verifies returns what it found in place, a plan its figures.
_WORK: dict[JobType, Callable[[Work], Verified | Plan | None]] = {
    JobType.LS: write_entries,
    JobType.PRELOAD: move_and_verify,
    JobType.SAVE: move_and_verify,
    JobType.STAT: write_entries,
    JobType.FREE: free,
    JobType.CHECK: check,
    JobType.PLAN: plan,
}

# The types whose files may not be dropped for another job while they run.
_USING = (JobType.PRELOAD, JobType.SAVE, JobType.CHECK)

log = logging.getLogger(__name__)


def run(order: Order, attempt: Attempt, directory: Path) -> Result:
    """Do the work of `order`, leave result, report and entries in `directory`, and return the result."""
    fault("executor.begins")
    began = time.monotonic()
    log.info("%s %s: attempt %d", order.type.name.lower(), printable(order.params.subject), order.attempt)
    timekeeper = Timekeeper(attempt, order.type, order.past)
    reporter = Reporter(attempt, directory, order.events_url, timekeeper)
    result = Result(order.job, order.attempt, STOPPED)
    past = "freed" if order.type is JobType.FREE else "in place"
    try:
        with _engine(order, attempt) as engine:
            work = with_list(Work(engine, order, attempt, reporter, directory))
            done = _do(work)
            remarks = engine.remarks()
        by_reason, unexcused = attempt.left_out_by_reason()
        left = (attempt.remark, attempt.selection, in_words(by_reason), _gave_way(attempt))
        verified = done if isinstance(done, Verified) else None
        also = "; ".join(filter(None, (*left, _on_tiers(order, verified), _proofs(attempt), *remarks)))
        if isinstance(done, Plan):
            result.state, result.plan = State.SUCCEEDED, done
            result.message = "; ".join(filter(None, (done.summary, also)))
        else:
            judged = partial(judge_check) if order.type is JobType.CHECK else partial(judge, done=past)
            result.state, result.reason, result.message = judged(attempt.outcome(), also=also, excused=not unexcused)
        if verified is not None:
            result.verified_files, result.verified_bytes = verified.files, min(verified.bytes, MAX_NUMBER)
            result.local_path = _local_path(work.order, verified) if result.state == State.SUCCEEDED else None
    except NoRoomYet as wants:
        wants.tell(result, order)
    except Stopped:
        result.message = _why_stopped(attempt)
    except MoversDied:
        raise  # this attempt has crashed; the next one goes on
    except Exception as error:
        log.error("the job failed: %s", error, exc_info=None if isinstance(error, AvioError) else error)
        result.state = State.FAILED
        result.reason, result.message = explain(error)
        if isinstance(error, CacheFull) and order.room_patience > 0:
            result.wants_bytes, result.wants_tier = error.needed, order.params.tier
    _keep_report(order, attempt, directory, result, reporter)
    result.progress, result.failures = attempt.progress(), reporter.failures
    timekeeper.settle(result)
    log.info("%s in %.1f s: %s", result.state, time.monotonic() - began, result.message)
    fault("executor.before-result")
    result.write(directory)
    fault("executor.after-result")
    return result


def _do(work: Work) -> Verified | Plan | None:
    """Do the work, and keep evictions from its files meanwhile."""
    using = work.order.type in _USING
    with work.engine.eviction.using(used_paths(work.order), work.attempt) if using else nullcontext():
        return _WORK[work.order.type](work)


@contextmanager
def _engine(order: Order, attempt: Attempt) -> Iterator[Engine]:
    """Yield the engine, with movers if the attempt can start them and the engine can share its work."""
    engine = open_engine(order.engine)
    engine.beat, attempt.silent_after = attempt.checked, engine.silent_after
    if order.keeps is not None:
        engine.kept = KeptPaths(Path(order.keeps))
    engine.waits_for = attempt.waits_for
    if order.looks is not None and engine.shares_looks:
        engine.use_looks(Path(order.looks))
    if attempt.start_mover is None or not engine.shares_work:
        yield engine
        return
    engine.pool = Pool(attempt.start_mover, movers_for(order.movers), attempt.page, attempt.shares)
    try:
        yield engine
    finally:
        engine.pool.close()


def _gave_way(attempt: Attempt) -> str:
    size = attempt.gave_way
    return f"{size:,} bytes of other data gave way" if size else ""


def _proofs(attempt: Attempt) -> str:
    """Say how many files came with other bytes first, and of how many nothing could prove the bytes."""
    found = attempt.contents()
    repaired, unproved = found.get(Content.REPAIRED, 0), found.get(Content.UNPROVED, 0)
    said = (
        f"{repaired} files repaired: other bytes had come first" if repaired else "",
        f"only the size of {unproved} files was checked: the store has no digest of them" if unproved else "",
    )
    return "; ".join(filter(None, said))


def _on_tiers(order: Order, verified: Verified | None) -> str:
    """Say which tiers have the files of a preload, if more than one has."""
    if verified is None or order.type is not JobType.PRELOAD or len(verified.by_tier) < 2:
        return ""
    files = ", ".join(f"{alias} {count}" for alias, count in sorted(verified.by_tier.items()))
    return f"files on {len(verified.by_tier)} tiers: {files}"


def _local_path(order: Order, verified: Verified) -> str | None:
    """Return the directory or file on the node that has all of a preload's path, or None if there is no such place."""
    path = order.params.path
    if verified.root is None or order.type is not JobType.PRELOAD or order.names_several or not is_text(path):
        return None
    return verified.root + path if path != "/" else verified.root


def _keep_report(order: Order, attempt: Attempt, directory: Path, result: Result, reporter: Reporter) -> None:
    """End the report, and store it where the order asks for it."""
    is_whole = _close(reporter, result, directory)
    if order.params.report_to is not None and result.state != STOPPED:
        _tell_of_report(order, attempt, directory, result, is_whole=is_whole)
    with suppress(OSError):  # of a report that is incomplete, which was told
        reporter.close()


def _tell_of_report(order: Order, attempt: Attempt, directory: Path, result: Result, *, is_whole: bool) -> None:
    """Store the report where the order asks for it, and say in the message where it is, or that it is missing."""
    patience_seconds = 0.0 if result.state == State.FAILED else order.store_patience
    said = f"the report could not be stored at {order.params.report_to}: it is incomplete"
    try:
        if is_whole:
            with closing(open_engine(order.engine)) as engine:
                said = store_report(engine, order, attempt, directory, patience_seconds)
        result.message = "; ".join(filter(None, (result.message, said)))
    except Stopped:
        result.state, result.reason, result.message = STOPPED, None, _why_stopped(attempt)


def _why_stopped(attempt: Attempt) -> str:
    return "stopped on request" if attempt.asked_to_stop() else "the lease of the node is over"


def _close(reporter: Reporter, result: Result, directory: Path) -> bool:
    """Close the report and empty the worklists: on a full disk the result needs their space.

    Return False if the report is incomplete.
    """
    is_whole = True
    try:
        reporter.close_report()
    except OSError as error:
        is_whole = False
        log.error("the report is incomplete: %s", error)
        if result.state != STOPPED:
            result.state = State.FAILED
            result.reason, result.message = explain(error)
    if result.state != STOPPED:  # no other attempt will need it
        (directory / LISTING_NAME).unlink(missing_ok=True)
    for worklist in (*directory.glob(WORKLIST_NAME), *directory.glob("missing.*"), *directory.glob("aside.*")):
        os.truncate(worklist, 0)  # unlinking is not enough: a thread that is still at work may hold it open
    return is_whole
