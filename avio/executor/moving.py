"""A preload or save job: list, move, ask the engine what is there, move again what is missing.

Runs in the job process. Listing and moving overlap; only the last check, never what was tried, makes success.
"""

import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from avio.engines.base import Engine, Entry, EntryState, Moved, MoveOptions, Run, Side
from avio.errors import CacheFull, EngineError, NothingMatched, Scope
from avio.executor.attempt import Attempt, Stopped
from avio.executor.plan import Plan
from avio.executor.reporting import Reporter
from avio.executor.selection import Missing, select
from avio.faults import fault
from avio.wire.orders import Order
from avio.wire.results import Outcome
from avio.wire.states import JobType, Phase

# How often what vanished is moved again before it is called failed.
ROUNDS = 3

# A job with more failures than this, and more than this share of its files, is not worth going on.
MAX_FAILED_FILES = 1000
MAX_FAILED_SHARE = 0.01

STOCK_LIMIT = 30.0  # seconds in which a job that failed counts what is there

log = logging.getLogger(__name__)

Mover = Callable[[Iterable[Entry], MoveOptions, Run], Iterator[Moved]]


class TooManyFailures(EngineError):
    """So many files fail that the rest would too."""

    scope = Scope.JOB
    reason = "TOO_MANY_FAILURES"
    cure = "see the report for the reasons, then retry the job"


class NotThere(EngineError):
    """A file that arrived and was gone when the engine was asked."""

    scope = Scope.RETRY
    reason = "NOT_THERE"
    cure = "something removes or changes files while the job runs: find it, or give the cache more room"


@dataclass(frozen=True, slots=True)
class Verified:
    """What the engine found in place at the end."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Verb:
    """What tells a preload from a save."""

    side: Side
    move: Mover
    in_place: Callable[[Entry], bool]


class Moving:
    """One preload or save, from listing to verdict."""

    def __init__(self, engine: Engine, order: Order, attempt: Attempt, reporter: Reporter, directory: Path) -> None:
        params = order.params
        self._engine, self._order, self._attempt, self._reporter = engine, order, attempt, reporter
        self._directory = directory
        self._options = MoveOptions(params.tier, params.verify, params.if_full, params.on_conflict, order.threads)
        self._verb = _verb(engine, order)
        self._given_up: set[str] = set()
        self._over = threading.Event()

    def run(self) -> Verified:
        """Do the work and return what is in place at the end; raises Stopped and what ends the job as a whole."""
        plan = Plan(self._directory / "plan")
        lister = threading.Thread(target=self._list, args=(plan,), name="lister", daemon=True)
        lister.start()
        try:
            self._move(plan.to_move(), again=False)
            lister.join()
            if plan.failed is not None:
                raise plan.failed
            return self._verify(plan)
        except EngineError as error:
            self._over.set()  # the work may begin again: an old lister would count on into it
            lister.join()
            if error.scope is Scope.JOB and plan.failed is None:
                self._take_stock(plan)
            raise

    def _list(self, plan: Plan) -> None:
        try:
            room = self._room()
            needed = 0
            for found in select(self._engine, self._order, self._verb.side):
                self._attempt.leave_if_stopping()
                if self._over.is_set():
                    raise Stopped
                if isinstance(found, Missing):
                    lost = Entry(found.path, "file", 0, None, EntryState.UNKNOWN)
                    self._attempt.listed(0)
                    self._give_up(lost, found.error)
                    continue
                size = found.size or 0
                self._attempt.listed(size)
                in_place = self._verb.in_place(found)
                if in_place:
                    self._attempt.arrived(size, skipped=True)
                    self._reporter.outcome(found, Outcome.SKIPPED)
                else:
                    needed += max(0, size - (found.cached_bytes or 0))  # a stale copy gives its room to the new one
                    if room is not None and needed > room:
                        raise CacheFull(f"{needed:,} bytes or more are asked for, there is room for {room:,}")
                plan.append(found, move=not in_place)
            if self._attempt.progress().counters.files_total == 0:
                raise NothingMatched(f"no file matches {self._order.params.alluxio_uri or 'the file list'}")
            fault("executor.listed")
            self._attempt.listed_all()
            self._attempt.begin(Phase.TRANSFERRING)
            log.info("listed: %s", _figures(self._attempt))
        except Exception as error:  # for the thread that moves, which raises it
            plan.close(failed=error)
        else:
            plan.close()

    def _room(self) -> int | None:
        """Bytes that a preload may bring in; None where that is no question, or the user takes what fits."""
        if self._order.type is not JobType.PRELOAD or self._options.if_full != "fail":
            return None
        wanted = self._options.tier
        return sum(tier.room for tier in self._engine.capacity() if wanted in (None, tier.alias))

    def _move(self, entries: Iterable[Entry], *, again: bool) -> None:
        for moved in self._verb.move(entries, self._options, self._attempt):
            if moved.error is not None:
                self._give_up(moved.entry, moved.error, moved.tries)
                continue
            self._reporter.outcome(moved.entry, moved.outcome, tier=moved.tier, tries=moved.tries)
            if not again:
                self._attempt.arrived(moved.entry.size or 0, skipped=moved.outcome is Outcome.SKIPPED)
        self._attempt.leave_if_stopping()

    def _verify(self, plan: Plan) -> Verified:
        """Ask what is there; move again what should be and is not, a few times."""
        for round_no in itertools.count(1):
            self._attempt.begin(Phase.VERIFYING)
            fault("executor.before-verify")
            missing = Plan(self._directory / f"missing.{round_no}")
            files = size = lost = 0
            for entry in self._engine.recheck(plan.entries(), self._options, self._attempt):
                self._attempt.checked()
                if entry.path in self._given_up:
                    continue
                if self._verb.in_place(entry):
                    files, size = files + 1, size + (entry.size or 0)
                else:
                    lost += 1
                    missing.append(entry, move=True)
            missing.close()
            if missing.failed is not None:
                raise missing.failed
            self._attempt.leave_if_stopping()
            if not lost or round_no > ROUNDS:
                break
            log.warning("%d files are not in place, moved again", lost)
            self._attempt.begin(Phase.TRANSFERRING)
            self._move(missing.to_move(), again=True)
        for entry in missing.entries():
            self._give_up(entry, NotThere("it arrived, and was not there when asked"))
        self._attempt.settle(files, size)
        log.info("verified: %d files, %d bytes in place", files, size)
        return Verified(files, size)

    def _take_stock(self, plan: Plan) -> None:
        """Set what is done to what is there, though the job has failed: what had arrived may have gone since."""
        deadline = time.monotonic() + STOCK_LIMIT
        files = size = 0
        try:
            for entry in self._engine.recheck(plan.entries(), replace(self._options, verify="size"), self._attempt):
                if time.monotonic() > deadline or self._attempt.stopping():
                    return
                if entry.path not in self._given_up and self._verb.in_place(entry):
                    files, size = files + 1, size + (entry.size or 0)
        except EngineError as error:
            log.warning("what is there could not be counted: %s", error)
            return
        self._attempt.settle(files, size)

    def _give_up(self, entry: Entry, error: Exception, tries: int = 1) -> None:
        if entry.path in self._given_up:
            return
        self._given_up.add(entry.path)
        self._reporter.failure(entry, error, tries)
        failed = len(self._given_up)
        progress = self._attempt.progress()
        if failed > MAX_FAILED_FILES and failed > MAX_FAILED_SHARE * progress.counters.files_total:
            raise TooManyFailures(f"{failed} files failed, last {entry.path}: {error}")


def _verb(engine: Engine, order: Order) -> Verb:
    if order.type is JobType.SAVE:
        return Verb(Side.CACHE, engine.save, lambda entry: entry.saved is True)
    return Verb(Side.BUCKET, engine.preload, lambda entry: engine.holds(entry, order.params.tier))


def _figures(attempt: Attempt) -> str:
    counters = attempt.progress().counters
    return f"{counters.files_total} files, {counters.bytes_total} bytes, {counters.files_skipped} of them in place"
