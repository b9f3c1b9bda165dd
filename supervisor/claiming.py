"""Taking jobs: a hint or the poll names one, the claim decides, the order goes to keeper.

Runs in intake's database thread.
"""

import json
import logging
from pathlib import Path

from avio.config import Settings
from avio.db import claims, filelists
from avio.db.connecting import borrow
from avio.faults import fault
from avio.wire.events import StateEvent
from avio.wire.orders import Order, Params
from avio.wire.states import JobType, State
from supervisor.announcing import Announcer
from supervisor.desk import Desk
from supervisor.messages import Start, Started
from supervisor.spool import Spool
from supervisor.voice import Voice

LIST_NAME = "filelist"

log = logging.getLogger(__name__)


class Claiming:
    """Claims queued jobs for one epoch of the node."""

    def __init__(
        self, settings: Settings, epoch: int, desk: Desk, spool: Spool, voice: Voice, announcer: Announcer
    ) -> None:
        self._settings, self._epoch = settings, epoch
        self._desk, self._spool, self._voice, self._announcer = desk, spool, voice, announcer

    def poll(self) -> None:
        """Take what is due while there are slots: this finds the jobs whose hints were lost."""
        free = self._desk.free()
        if free:
            with borrow():
                due = claims.due(free)
            for job in due:
                self.take(job)

    def take(self, job: str) -> None:
        """Claim a job if there is a slot for it; somebody else may have been faster, and that is fine."""
        if not self._desk.begin(job):
            return
        try:
            with borrow():
                claim = claims.claim(job, self._settings.node, self._epoch)
                if claim is None:
                    self._desk.release(job)
                    return
                fault("intake.after-claim")
                self._desk.hold(job, claim.attempt)
                order = self._order(claim)
        except Exception:
            self._desk.release(job)
            raise
        self._voice.say(Start(claim.job, claim.attempt, order.to_json()))
        self._announcer.say(StateEvent(claim.job, claim.attempt, State.STARTING))

    def started(self, message: Started) -> None:
        """The process is up: the job runs, unless it was asked to stop meanwhile."""
        fault("intake.before-running")
        with borrow():
            running = claims.mark_running(
                message.job, message.attempt, self._settings.node, self._epoch, message.pid, message.isolation
            )
        if running:
            self._announcer.say(StateEvent(message.job, message.attempt, State.RUNNING))

    def _order(self, claim: claims.Claim) -> Order:
        params = Params.from_json(json.loads(claim.params))
        file_list = None
        if params.from_file_list:
            file_list = self._fetch_list(params.file_list_id or "", self._spool.make(claim.job, claim.attempt))
        return Order(
            job=claim.job,
            attempt=claim.attempt,
            type=JobType(claim.type),
            params=params,
            engine=self._settings.engine_settings(),
            events_url=self._settings.executor_redis_url or self._settings.redis_url,
            file_list=file_list,
            threads=self._settings.threads,
        )

    def _fetch_list(self, list_id: str, directory: Path) -> str:
        """Put the file list into the attempt's directory: its process has no database."""
        file = directory / LIST_NAME
        with open(file, "wb") as stream:
            for chunk in filelists.read(list_id):
                stream.write(chunk)
        return str(file)
