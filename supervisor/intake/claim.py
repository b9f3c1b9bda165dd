"""Claims due jobs, most urgent first, and sends their orders to keeper. A hint is only a reason to look.

Runs in intake's database thread.
"""

import json
import logging
import os
from contextlib import suppress
from dataclasses import replace

import avio
from avio.config import Settings
from avio.db import claims, earlier, ends, filelists, rooms, tiers, timings
from avio.db.away import is_away, is_stopped
from avio.db.connection import borrow
from avio.db.limits import MOVING, crowd
from avio.errors import Forbidden, NotFound
from avio.faults import fault
from avio.plain_file import open_plain
from avio.rules import ownership
from avio.rules.keeps import Kept
from avio.rules.waiting import NEEDS_NEWER
from avio.wire.events import StateEvent
from avio.wire.limits import Limits
from avio.wire.orders import EarlierJob, Order
from avio.wire.params import EVICT, Params
from avio.wire.paths import shown_path
from avio.wire.proofs import KEY_NAME, new_key
from avio.wire.reports import without_report
from avio.wire.results import Result
from avio.wire.states import JobType, State
from supervisor.intake.announce import Announcer
from supervisor.intake.channel import Channel
from supervisor.intake.compatibility import unknown_part
from supervisor.intake.shares import Shares
from supervisor.intake.slots import Slots
from supervisor.intake.wishes import WAITING_ENGINES
from supervisor.shared.messages import Start, Started
from supervisor.shared.spool import Spool

LIST_NAME = "filelist"

# How many due jobs are tried until one is claimed: other nodes may claim the first ones at the same time.
CANDIDATES = 8

# How many queued jobs of newer versions the node remembers, so that it looks at each once.
MAX_REFUSED = 10_000

log = logging.getLogger(__name__)


class Claimer:
    """Claims due jobs for one epoch of the node."""

    def __init__(
        self, settings: Settings, epoch: int, slots: Slots, spool: Spool, channel: Channel, announcer: Announcer
    ) -> None:
        self._settings, self._epoch = settings, epoch
        self._slots, self._spool, self._channel, self._announcer = slots, spool, channel, announcer
        self._shares = Shares.of(settings)
        self._refused: set[str] = set()

    def poll(self) -> None:
        """Claim due jobs until no slot is free. This finds the jobs whose hints were lost."""
        while self._slots.free() and self._claim_next():
            pass

    def look(self, hinted: str) -> None:
        """Claim the most urgent due job if a slot is free; it may be another than the `hinted` one.

        Without a free slot, or when this node has the hinted job already, the database is not asked.
        """
        if self._slots.free() and hinted not in self._slots.held():
            self._claim_next()

    def _claim_next(self) -> bool:
        """Claim the most urgent due job; return False if there is none. The next one depends on whose this was."""
        return any(self._claim(job) for job in self._due(CANDIDATES))

    def _due(self, limit: int) -> list[str]:
        """Return due jobs that this version of avio knows how to do; the others wait for a node that does."""
        with borrow():
            while True:
                found = claims.due(limit, self._refused)
                known = [job for job in found if self._knows(job)]
                if known or not found or len(self._refused) >= MAX_REFUSED:
                    return known

    def _knows(self, job: str) -> bool:
        request = claims.request(job)
        unknown = None if request is None else unknown_part(*request)
        if unknown is None:
            return True
        why = f"node {self._settings.node} (avio {avio.__version__}) does not know {unknown}"
        if len(self._refused) < MAX_REFUSED:
            self._refused.add(job)
            log.warning("job refused: %s", why, extra={"job": job})
        claims.explain(job, f"{why}; {NEEDS_NEWER}")
        return False

    def _claim(self, job: str) -> bool:
        """Claim `job`; False if there is no slot for it, another node was faster, or the job failed at once."""
        if not self._slots.reserve(job):
            return False
        try:
            with borrow():
                key = new_key()
                claim = claims.claim(job, self._settings.node, self._epoch, key)
                if claim is None:
                    self._slots.release(job)
                    return False
                fault("intake.after-claim")
                self._slots.assign(job, claim.attempt)
                order = self._order_or_end(claim, key)
        except Exception:
            self._slots.release(job)
            raise
        if order is None:
            self._spool.remove(claim.job, claim.attempt)  # keeper has no end of it to forget; a list may be large
            self._slots.release(job)
            return False
        self._channel.send(Start(claim.job, claim.attempt, order.to_json()))
        self._announcer.announce(StateEvent(claim.job, claim.attempt, State.STARTING))
        return True

    def started(self, message: Started) -> None:
        """Mark a job as running whose process is up, unless it was asked to stop meanwhile."""
        fault("intake.before-running")
        with borrow():
            running = claims.mark_running(
                message.job, message.attempt, self._settings.node, self._epoch, message.pid, message.isolation
            )
        if running:
            self._announcer.announce(StateEvent(message.job, message.attempt, State.RUNNING))

    def _order_or_end(self, claim: claims.Claim, key: str) -> Order | None:
        """Return the order of a claimed job, or None after ending a job that can't run.

        If the node is at fault, the attempt is given back.
        """
        result = Result(claim.job, claim.attempt, State.FAILED)
        try:
            if claim.type == JobType.FREE:  # jobs of others may use the path since the free was submitted
                ownership.require_still_freeable(claim.uid, Params.from_json(json.loads(claim.params)))
            self._leave_key(claim, key)
            return self._order(claim)
        except (Forbidden, Kept, NotFound) as error:
            result.reason, result.message = error.reason, f"{error}; {error.cure}"
        except (AttributeError, KeyError, TypeError, ValueError) as error:  # no version of avio made it
            result.reason = "INTERNAL"
            result.message = f"node {self._settings.node} does not understand the job request: {error!r}"
        except Exception as error:
            if is_away(error) or is_stopped(error):  # no crash of the attempt
                raise
            log.exception("an attempt could not be prepared", extra={"job": claim.job})
            why = f"node {self._settings.node} could not prepare the attempt: {error}"
            state = ends.give_back(claim.job, claim.attempt, ends.Cause.CRASHED, why)
            self._announcer.announce(StateEvent(claim.job, claim.attempt, state or State.QUEUED))
            return None
        log.error("job failed before its start: %s", result.message, extra={"job": claim.job})
        result.message = without_report(result.message, claim.params)
        ends.finish(result, State.FAILED)
        self._announcer.announce(StateEvent(claim.job, claim.attempt, State.FAILED))
        return None

    def _leave_key(self, claim: claims.Claim, key: str) -> None:
        """Leave the key that signs its events for the job process, which removes the file.

        It does not go through keeper: all later job processes are copies of keeper's memory.
        """
        file = self._spool.make(claim.job, claim.attempt) / KEY_NAME
        with open(file, "w", encoding="ascii", opener=_for_the_job) as stream:
            stream.write(key)

    def _order(self, claim: claims.Claim) -> Order:
        params = Params.from_json(json.loads(claim.params))
        file_list = None
        if params.from_file_list and params.file_list_id is not None:
            file_list = self._fetch_list(params.file_list_id, claim)
        return Order(
            job=claim.job,
            attempt=claim.attempt,
            type=JobType(claim.type),
            params=replace(params, notify=None),  # the aggregator sends, and a URL may have a secret
            engine=self._settings.engine_settings(tiers.known()),
            events_url=self._settings.executor_redis_url or self._settings.redis_url,
            file_list=file_list,
            threads=self._settings.threads,
            movers=self._settings.movers,
            store_patience=self._settings.store_patience,
            room_patience=max(0.0, self._settings.room_patience - claim.room_waited),
            bytes_before=claim.bytes_wire,
            limits=self._limits(claim, params),
            looks=str(self._spool.looks),
            keeps=str(self._spool.keeps),
            past=timings.past(claim.type, None if params.from_file_list else shown_path(params.path)),
            earlier=self._earlier(claim),
            trace=claim.trace,
            spares=claim.type == JobType.PRELOAD and params.if_full == EVICT and rooms.others_run(claim.job),
        )

    def _earlier(self, claim: claims.Claim) -> tuple[EarlierJob, ...]:
        """Return the preloads whose files the job waits for. What a file list of another job names is not known."""
        if claim.type != JobType.PRELOAD or self._settings.engine not in WAITING_ENGINES:
            return ()
        found = earlier.params_of([each.job for each in earlier.of([claim.job]).get(claim.job, ())])
        others = []
        for job, text in sorted(found.items()):
            with suppress(KeyError, TypeError, ValueError):  # of a newer version: nobody here knows what it loads
                params = Params.from_json(json.loads(text))
                if not params.from_file_list:
                    others.append(EarlierJob(job, params))
        return tuple(others)

    def _limits(self, claim: claims.Claim, params: Params) -> Limits:
        """Return the limits to begin with: the job's own, within its share of what it has together with others."""
        if claim.type not in MOVING or not self._shares:
            return claim.limits
        path = None if params.from_file_list else shown_path(params.path)
        return self._shares.within(claim.limits, path, crowd())

    def _fetch_list(self, list_id: str, claim: claims.Claim) -> str:
        """Write the file list into the attempt's directory, since its process has no database; return its path.

        Raise NotFound if there is no such list, or no longer: a part of it would be done, and pass for all of it.
        """
        gone = NotFound(f"no file list {list_id}", cure="upload the list again, and submit a new job")
        found = filelists.find(list_id, claim.uid)
        if found is None:
            raise gone
        file = self._spool.make(claim.job, claim.attempt) / LIST_NAME
        with open(file, "wb", opener=_for_the_job) as stream:
            written = sum(stream.write(chunk) for chunk in filelists.read(list_id))
        if written != found.bytes:
            raise gone
        return str(file)


def _for_the_job(file: str, flags: int) -> int:
    """Open a file that the user of the job can read, whatever the umask. Keeper gives its private directory to it."""
    fd = open_plain(file, flags)
    os.fchmod(fd, 0o644)
    return fd
