"""Intake: takes hints off the queue, claims jobs, renews the node's lease, records how attempts end.

Runs in the intake process: RQ in the main thread, one thread each for the database, the lease, and keeper's messages;
two ship the reports of ended attempts. The process exits when keeper closes the channel.
"""

import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import NoReturn

from avio import queue, streams
from avio.clock import boottime
from avio.config import Settings
from avio.db import leases
from avio.db.connection import borrow
from avio.db.schema import require_upgraded
from avio.faults import fault
from avio.log import LogPace
from avio.metrics.exporter import start_exporter
from supervisor.intake.announce import Announcer
from supervisor.intake.artifacts import ArtifactShipper
from supervisor.intake.channel import Channel
from supervisor.intake.claim import Claimer
from supervisor.intake.database_task import Outcome, Poll, retry_until_done, wait_until_done
from supervisor.intake.end import Finisher
from supervisor.intake.identity import Identity
from supervisor.intake.inbox import Inbox, Task
from supervisor.intake.keeps import KeepsFile
from supervisor.intake.kept_sweep import KeptSweep
from supervisor.intake.lease import LeaseHolder
from supervisor.intake.looks import NodeLooks
from supervisor.intake.node_metrics import NodeMetrics
from supervisor.intake.older_attempts import OlderAttempts
from supervisor.intake.slots import Slots
from supervisor.intake.sweep import Sweeper
from supervisor.intake.tier_watch import TierWatch
from supervisor.intake.versions import other_keeper, other_tables
from supervisor.intake.wishes import Wishes
from supervisor.shared.messages import (
    Draining,
    Ended,
    Evict,
    KeeperState,
    Message,
    Registered,
    Renew,
    Started,
    Unkillable,
    receive,
)
from supervisor.shared.spool import Spool

POLL_SECONDS = 1.0

# How long a hint waits for the database thread, and how long to wait before RQ is started again.
HAND_OVER_SECONDS = 2.0
RETRY_SECONDS = 1.0

# Reports of large jobs take minutes to ship: other jobs are claimed and ended meanwhile.
SHIPPING_THREADS = 2
IDLE_SECONDS = 3600.0

# How long a read from Redis may take; RQ waits for hints on the server's side.
REDIS_SECONDS = 15.0

log = logging.getLogger(__name__)


class Intake:
    """The intake process of one keeper."""

    def __init__(self, settings: Settings, channel: socket.socket) -> None:
        self._settings = settings
        self._messages = receive(channel)
        self._channel = Channel(channel)
        self._slots = Slots(settings.slots)
        self._inbox, self._shipping = Inbox(), Inbox()
        self._spool = Spool(settings.spool / settings.node)
        self._announcer = Announcer(settings.redis_url)
        self._shipper = ArtifactShipper(self._spool)
        self._metrics = NodeMetrics(settings.node, settings.engine, self._slots, lambda: self._lease_holder.age())
        self._sweeper = Sweeper(settings, self._metrics.timed)
        self._kept = KeptSweep(self._spool.kept)
        self._tiers = TierWatch(settings, self._slots, self._sweeper)
        leaves = self._channel, self._announcer, self._shipper, self._sweeper
        self._finisher = Finisher(self._slots, self._spool, *leaves)
        self._older = OlderAttempts(settings.node, settings.grace, self._finisher, self._spool, self._shipping)

    def run(self) -> None:
        """Take over the attempts that keeper has, then work; returns when keeper is gone."""
        state = self._first_message()
        if not isinstance(state, KeeperState):
            return
        if why := other_keeper(state.version):
            self._leave(Evict(leave=why))
        looks = NodeLooks(self._settings, self._slots, self._spool, self._metrics.timed)  # keeper has made the spool
        for job, attempt in state.running:
            self._slots.assign(job, attempt)
        for ended in state.ended:
            self._slots.assign(ended["job"], ended["attempt"])
        identity = Identity.of_this_machine(state.instance)
        epoch = self._wait_for_epoch(state.epoch, identity)
        self._claimer = Claimer(self._settings, epoch, self._slots, self._spool, self._channel, self._announcer)
        self._lease_holder = LeaseHolder(
            self._settings, identity, epoch, self._slots, self._channel, self._enqueue_lost
        )
        # First: what comes next may take longer than a lease, and the node would be given up again and again.
        _start_thread("lease", self._lease_holder.run)
        start_exporter(self._settings.host, self._settings.metrics_port, self._metrics)
        if state.epoch is None:
            self._older.end(epoch)
        retry_until_done(partial(self._tiers.check, epoch))
        if state.epoch is None:
            retry_until_done(self._sweeper.sweep)
        for started in state.started:
            self._enqueue(partial(self._claimer.started, Started(**started)))
        for ended in state.ended:
            self._enqueue_end(Ended(**ended))
        poll = Poll(
            self._check_disk,
            partial(self._tiers.check, epoch),
            KeepsFile(self._spool).write,
            Wishes(self._settings, epoch, self._channel).look,
            self._claimer.poll,
            self._ship_logs,
            self._kept.look,
        )
        _start_thread("database", lambda: self._inbox.run(poll.run, POLL_SECONDS))
        for number in range(SHIPPING_THREADS):
            _start_thread(f"shipping-{number}", lambda: self._shipping.run(Poll().run, IDLE_SECONDS))
        _start_thread("tiers", self._sweeper.measure_tiers)
        _start_thread("room", self._sweeper.report_for_ever)
        _start_thread("looks", looks.run)
        _start_thread("keeper", lambda: self._listen(self._messages, epoch))
        self._take_hints(epoch)

    # -- start

    def _first_message(self) -> Message | None:
        """Return keeper's first message. One that this version can't read is of a keeper of another version."""
        try:
            return next(self._messages, None)
        except ValueError:
            return KeeperState(None)

    def _leave(self, message: Evict) -> NoReturn:
        """Have keeper kill everything, and end; with `leave`, the supervisor ends too, and says why."""
        self._channel.send(message)
        os._exit(1)

    def _wait_for_epoch(self, epoch: int | None, identity: Identity) -> int:
        """Resume keeper's epoch or, if it has none, begin one; waits until the database is available."""
        if epoch is None:
            return self._register(identity)
        wait_until_done(partial(self._resume, epoch, identity))
        return epoch

    def _register(self, identity: Identity) -> int:
        """Begin an epoch, or leave if the tables are of another version.

        Another supervisor of the name may have died: wait for the end of its lease, then leave.
        """
        if why := wait_until_done(other_tables):
            self._leave(Evict(leave=why))
        give_up = boottime() + self._settings.lease + self._settings.grace
        epoch = wait_until_done(partial(self._try_to_register, identity))
        if epoch is None:
            log.warning("waiting for the lease of another supervisor", extra={"node": self._settings.node})
        while epoch is None:
            if boottime() > give_up:
                self._leave(wait_until_done(partial(identity.eviction, self._settings.node)))
            time.sleep(RETRY_SECONDS)
            epoch = wait_until_done(partial(self._try_to_register, identity))
        return epoch

    def _try_to_register(self, identity: Identity) -> int | None:
        settings = self._settings
        sent = boottime()
        epoch = leases.register(
            *(settings.node, identity.boot_id, identity.instance, settings.slots, settings.lease),
            settings.job_limits(),
        )
        if epoch is not None:
            fault("intake.registered")
            self._channel.send(Registered(epoch))
            self._channel.send(Renew(sent + settings.fence))
            log.info("registered", extra={"node": settings.node, "epoch": epoch})
        return epoch

    def _resume(self, epoch: int, identity: Identity) -> None:
        """Renew the lease of `epoch` before anything is claimed; if it is lost, evict everything and exit.

        Newer tables serve a supervisor that runs: its jobs go on.
        """
        require_upgraded()
        sent = boottime()
        if not leases.renew(self._settings.node, epoch, self._settings.lease):
            self._leave(identity.eviction(self._settings.node))
        self._channel.send(Renew(sent + self._settings.fence))

    # -- the threads

    def _take_hints(self, epoch: int) -> None:
        """Take hints for ever. Runs in the main thread, which RQ's timeouts need; only RQ sleeps without Redis."""
        client = streams.connect(self._settings.redis_url, timeout=REDIS_SECONDS)
        pace = LogPace()
        for life in range(sys.maxsize):
            try:
                name = f"{self._settings.node}-{epoch}-{os.getpid()}-{life}"
                queue.take_hints(client, name, self._take_hint, self._slots.wait_for_slot)
            except Exception as error:
                if pace.is_due(str(error)):
                    log.warning("queue unavailable; polling the database", extra={"why": str(error)})
            time.sleep(RETRY_SECONDS)

    def _take_hint(self, job: str) -> None:
        fault("intake.dequeued")
        self._inbox.put_and_wait(Poll(partial(self._claimer.look, job)).run, HAND_OVER_SECONDS)

    def _ship_logs(self) -> None:
        for job, attempt in self._slots.held().items():
            if attempt:
                self._shipper.ship_log(job, attempt)

    def _check_disk(self) -> None:
        """Take no job while the spool's disk is nearly full."""
        free, least = self._spool.free(), self._settings.spool_min_free
        if free < least and self._kept.give_way():
            free = self._spool.free()
        full = free < least
        if self._slots.pause(full):
            words = "spool nearly full; taking no jobs" if full else "spool has space again; taking jobs"
            log.warning(words, extra={"free": free, "least": least})

    def _enqueue_lost(self, held: leases.Held) -> None:
        self._inbox.put(partial(self._finisher.lost, held))

    def _listen(self, messages: Iterator[Message], epoch: int) -> None:
        for message in messages:
            if isinstance(message, Ended):
                self._enqueue_end(message)
            elif isinstance(message, Started):
                self._enqueue(partial(self._claimer.started, message))
            elif isinstance(message, Unkillable):
                self._drain(epoch)
                self._enqueue(partial(self._finisher.unkillable, message))
            elif isinstance(message, Draining):
                self._drain(epoch)
        self._end_lease(epoch)
        os._exit(0)

    def _end_lease(self, epoch: int) -> None:
        """Let another supervisor have the node's name at once, if this one has drained."""
        if self._slots.is_draining() and not self._slots.held():
            with suppress(Exception), borrow():
                leases.end(self._settings.node, epoch)

    def _drain(self, epoch: int) -> None:
        self._slots.drain()
        self._enqueue(partial(self._drain_node, epoch))

    def _drain_node(self, epoch: int) -> None:
        leases.drain(self._settings.node, epoch)

    def _enqueue_end(self, message: Ended) -> None:
        def ship_and_end() -> None:
            shipped = retry_until_done(partial(self._finisher.ship, message))
            if shipped is Outcome.STOPPED:  # the others first, then again
                self._shipping.put(ship_and_end)
                return
            if shipped is Outcome.FAILED:
                log.error("log or report is incomplete", extra={"job": message.job, "attempt": message.attempt})
            self._inbox.put(partial(self._finisher.end, message))

        self._shipping.put(ship_and_end)

    def _enqueue(self, task: Task) -> None:
        self._inbox.put(partial(retry_until_done, task))


def _start_thread(name: str, work: Task) -> None:
    threading.Thread(target=_run_or_exit, args=(name, work), name=name, daemon=True).start()


def _run_or_exit(name: str, work: Task) -> None:
    """Run a thread's work; when it ends, end intake. keeper starts another, which begins with a clean state."""
    try:
        work()
    except Exception:
        log.exception("%s thread failed", name)
    os._exit(1)
