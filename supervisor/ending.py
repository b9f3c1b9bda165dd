"""Ending attempts: what the process left behind goes into the database, by the guards T7, T8, T10 and T11.

Runs in intake's database thread. An end survives intake: keeper repeats it, the spool keeps its result.
"""

import logging

from avio.db import ends, history, leases
from avio.db.connecting import borrow
from avio.faults import fault
from avio.wire.events import StateEvent
from avio.wire.results import Result
from avio.wire.states import State
from supervisor import exits
from supervisor.announcing import Announcer
from supervisor.desk import Desk
from supervisor.messages import Ended, Forget, Unkillable
from supervisor.shipping import Shipping
from supervisor.spool import Spool
from supervisor.tidying import Tidying
from supervisor.voice import Voice

STOPPED = "stopped"

log = logging.getLogger(__name__)


class Ending:
    """Writes down how attempts ended."""

    def __init__(
        self, desk: Desk, spool: Spool, voice: Voice, announcer: Announcer, shipping: Shipping, tidying: Tidying
    ) -> None:
        self._desk, self._spool, self._voice = desk, spool, voice
        self._announcer, self._shipping, self._tidying = announcer, shipping, tidying

    def ended(self, message: Ended) -> None:
        """The process of an attempt is gone: ship what it wrote, end the job or give it back, free the slot."""
        fault("intake.before-end")
        exit_ = ends.Exit(message.code, message.signal, message.max_rss)
        with borrow():
            state = self._end(message, exit_)
        log.info("attempt ended", extra={"job": message.job, "attempt": message.attempt, "state": state})
        fault("intake.after-end")
        self._desk.release(message.job)
        self._voice.say(Forget(message.job, message.attempt))
        if state is not None:
            self._announcer.say(StateEvent(message.job, message.attempt, state))
        if message.code not in (exits.ENDED, exits.STOPPED):
            self._tidying.tidy()

    def unkillable(self, message: Unkillable) -> None:
        """The process was killed and does not go: the job may go on elsewhere, the slot here stays taken."""
        job, attempt = message.job, message.attempt
        with borrow():
            state = ends.give_back(job, attempt, ends.Cause.UNKILLABLE, "the job process could not be killed")
        log.error("attempt is unkillable, the node drains", extra={"job": job, "attempt": attempt, "state": state})
        if state is not None:
            self._announcer.say(StateEvent(job, attempt, state))

    def lost(self, held: leases.Held) -> None:
        """The database has an attempt here of which no process is left: finish it by its result, or give it back."""
        with borrow():
            result = self._result(held.job, held.attempt)
            if result is not None and result.state != STOPPED:
                self._shipping.ship_all(held.job, held.attempt)
                ends.finish(result, result.state)
                state: str | None = result.state
            else:
                state = ends.give_back(held.job, held.attempt, ends.Cause.LOST, "the supervisor of its node restarted")
        log.info("attempt was lost", extra={"job": held.job, "attempt": held.attempt, "state": state})
        if state is not None:
            self._announcer.say(StateEvent(held.job, held.attempt, state))

    def _end(self, message: Ended, exit_: ends.Exit) -> str | None:
        job, attempt = message.job, message.attempt
        result = self._result(job, attempt)
        self._shipping.ship_all(job, attempt)
        fault("intake.before-finish")
        if result is not None and result.state != STOPPED:
            return result.state if ends.finish(result, result.state, exit_) else None
        row = history.find(job)
        if result is not None and row is not None and row.cancel_at is not None:
            result.reason, result.message = None, row.cancel_reason or "cancelled"
            return State.CANCELLED if ends.finish(result, State.CANCELLED, exit_) else None
        sentence = exits.sentence(
            message.code, message.signal, out_of_memory=message.out_of_memory, stalled=message.stalled
        )
        return ends.give_back(job, attempt, _cause(message), sentence, exit_, message.files_done)

    def _result(self, job: str, attempt: int) -> Result | None:
        try:
            return Result.read(self._spool.directory(job, attempt))
        except (ValueError, KeyError, TypeError, OSError):
            log.exception("unreadable result", extra={"job": job, "attempt": attempt})
            return None


def _cause(message: Ended) -> ends.Cause:
    if message.stalled:
        return ends.Cause.STALLED
    if message.drained or message.code == exits.STOPPED:
        return ends.Cause.DRAINED
    if message.code in (exits.FENCED, exits.ORPHANED):
        return ends.Cause.FENCED
    return ends.Cause.CRASHED
