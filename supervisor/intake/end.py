"""Ends attempts: writes what the process left behind into the database, by the guards T7, T8, T10 and T11.

Runs in intake's database thread. An end survives intake: keeper repeats it, the spool keeps its result.
"""

import logging
from collections.abc import Callable
from functools import partial

from avio.db import claims, ends, history, leases, rooms
from avio.db.rooms import Wanted
from avio.faults import fault
from avio.wire.events import StateEvent
from avio.wire.reports import without_report
from avio.wire.results import ANY_ROOM, Result
from avio.wire.states import State
from supervisor.intake.announce import Announcer
from supervisor.intake.artifacts import ArtifactShipper
from supervisor.intake.channel import Channel
from supervisor.intake.database_task import Outcome, retry_until_done
from supervisor.intake.refused_results import versions
from supervisor.intake.slots import Slots
from supervisor.intake.sweep import Sweeper
from supervisor.shared import exit_codes
from supervisor.shared.messages import Ended, Forget, Unkillable
from supervisor.shared.spool import Spool

STOPPED = "stopped"
log = logging.getLogger(__name__)


class Finisher:
    """Writes into the database how attempts ended."""

    def __init__(
        self,
        slots: Slots,
        spool: Spool,
        channel: Channel,
        announcer: Announcer,
        shipper: ArtifactShipper,
        sweeper: Sweeper,
    ) -> None:
        self._slots, self._spool, self._channel = slots, spool, channel
        self._announcer, self._shipper, self._sweeper = announcer, shipper, sweeper

    def ship(self, message: Ended) -> None:
        """Ship what an attempt wrote whose process is gone. May take minutes; runs in a thread for shipping."""
        fault("intake.before-end")
        self._shipper.ship_all(message.job, message.attempt)

    def end(self, message: Ended) -> None:
        """End an attempt whose process is gone, after `ship`: end the job or give it back, free the slot.

        Waits for the database, and stores less and less of a result that it refuses. If it refuses all, or stops the
        statements, the directory stays, and the comparison of each heartbeat tries again.
        """
        result = self._result(message.job, message.attempt)
        stored = _first_stored(lambda version: self._ended(message, version), result)
        self._slots.release(message.job)
        if stored:
            self._forget(message.job, message.attempt, result)
        if message.code not in (exit_codes.ENDED, exit_codes.STOPPED):
            self._sweeper.sweep()

    def _ended(self, message: Ended, result: Result | None) -> None:
        state = self._end(message, result, ends.Exit(message.code, message.signal, message.max_rss))
        log.info("attempt ended", extra={"job": message.job, "attempt": message.attempt, "state": state})
        fault("intake.after-end")
        self._announce(message, state)

    def unkillable(self, message: Unkillable) -> None:
        """Give back a job whose process cannot be killed. Another node may run it; its slot here stays taken."""
        job, attempt = message.job, message.attempt
        state = ends.give_back(job, attempt, ends.Cause.UNKILLABLE, "the job process could not be killed")
        log.error("attempt is unkillable; the node drains", extra={"job": job, "attempt": attempt, "state": state})
        self._announce(message, state)

    def lost(self, held: leases.Held) -> bool:
        """End an attempt that this node has in the database but not in a process: by its result, else give it back.

        Waits for the database and stores what it takes, as `end` does. Without a result only the log is of use: the
        next attempt writes a report of its own. Return False if the end is not stored.
        """
        return self._store_lost(held, self._final_result(held))

    def fold(self, held: leases.Held) -> bool:
        """End an attempt by its result, if it has left one. Return False if there is one, and it is not stored."""
        result = self._final_result(held)
        return result is None or self._store_lost(held, result)

    def _final_result(self, held: leases.Held) -> Result | None:
        result = self._result(held.job, held.attempt)
        return None if result is None or (result.state == STOPPED and result.wants_bytes is None) else result

    def _store_lost(self, held: leases.Held, result: Result | None) -> bool:
        ship = self._shipper.ship_last_log if result is None else self._shipper.ship_all
        if retry_until_done(lambda: ship(held.job, held.attempt)) is Outcome.STOPPED:
            return False
        if not _first_stored(lambda version: self._lost(held, version), result):
            return False
        self._forget(held.job, held.attempt, result)
        return True

    def _forget(self, job: str, attempt: int, result: Result | None) -> None:
        """Have keeper remove the directory of an attempt. A job that has not ended goes on, here or on another node."""
        unfinished: set[str] = set()
        if result is None or result.state == STOPPED:
            retry_until_done(lambda: unfinished.update(claims.unfinished([job])))
        self._channel.send(Forget(job, attempt, goes_on=job in unfinished))

    def _lost(self, held: leases.Held, result: Result | None) -> None:
        if result is not None:
            _stop_if_it_may_fit(result)
        if result is not None and result.state == STOPPED:
            state = ends.give_back(held.job, held.attempt, ends.Cause.WAITS, result.message, wanted=_wanted(result))
        elif result is not None:
            state = result.state if ends.finish(result, result.state) else None
        else:
            state = ends.give_back(held.job, held.attempt, ends.Cause.LOST, "the supervisor of its node restarted")
        log.info("attempt was lost", extra={"job": held.job, "attempt": held.attempt, "state": state})
        self._announce(held, state)

    def _end(self, message: Ended, result: Result | None, exit_: ends.Exit) -> str | None:
        job, attempt = message.job, message.attempt
        if result is not None:
            _stop_if_it_may_fit(result)
        if result is not None and result.state != STOPPED:
            return result.state if ends.finish(result, result.state, exit_) else None
        row = history.find(job)
        if result is not None and row is not None and row.cancel_at is not None:
            result.reason = None
            result.message = without_report(row.cancel_reason or "cancelled", row.params)
            return State.CANCELLED if ends.finish(result, State.CANCELLED, exit_) else None
        sentence = message.error or exit_codes.sentence(
            message.code, message.signal, out_of_memory=message.out_of_memory, stalled=message.stalled
        )
        if result is not None and (wanted := _wanted(result)) is not None:
            return ends.give_back(job, attempt, ends.Cause.WAITS, result.message, exit_, message.files_done, wanted)
        return ends.give_back(job, attempt, _cause(message), sentence, exit_, message.files_done)

    def _announce(self, attempt: Ended | Unkillable | leases.Held, state: str | None) -> None:
        if state is not None:
            self._announcer.announce(StateEvent(attempt.job, attempt.attempt, state))

    def _result(self, job: str, attempt: int) -> Result | None:
        try:
            result = Result.read(self._spool.directory(job, attempt))
            if result is not None and (result.job, result.attempt) != (job, attempt):
                raise ValueError(f"it is of attempt {result.attempt} of job {result.job}")
            return result
        except Exception:  # a job process wrote it: it may be anything
            log.exception("unreadable result", extra={"job": job, "attempt": attempt})
            return None


def _first_stored(store: Callable[[Result | None], None], result: Result | None) -> bool:
    """Store `result`, or the first of its versions that the database takes. Return False if it takes none.

    A database that stops the statement has not refused the result: then no smaller version is tried.
    """

    def try_(version: Result | None) -> None:
        fault("intake.before-finish")
        store(version)

    for version in versions(result):
        outcome = retry_until_done(partial(try_, version))
        if outcome is Outcome.DONE:
            return True
        if outcome is Outcome.STOPPED:
            break
    log.error("the end of an attempt was not stored; it is tried again")
    return False


def _stop_if_it_may_fit(result: Result) -> None:
    """Let a preload look again that did not fit, but counted files that other preloads bring."""
    if result.state == State.FAILED and result.wants_bytes is not None and rooms.others_load(result.job):
        result.state, result.reason, result.wants_bytes = STOPPED, None, ANY_ROOM
        result.message = f"waits for other jobs, which load files of it: {result.message}"


def _wanted(result: Result) -> Wanted | None:
    return None if result.wants_bytes is None else Wanted(result.wants_bytes, result.wants_tier)


def _cause(message: Ended) -> ends.Cause:
    if message.stalled:
        return ends.Cause.STALLED
    if message.drained or message.code == exit_codes.STOPPED:
        return ends.Cause.DRAINED
    if message.code in (exit_codes.FENCED, exit_codes.ORPHANED):
        return ends.Cause.FENCED
    return ends.Cause.CRASHED
