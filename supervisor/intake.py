"""intake: takes hints off the queue, claims jobs, renews the node's lease, writes down how attempts end.

A process of its own, child of keeper (`python -m supervisor.intake FD`): RQ in the main thread, the database
thread, the lease thread, and one that listens to keeper, whose silence ends it all.
"""

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial

from avio import queue, streams
from avio.clock import boottime
from avio.config import Settings, load
from avio.db import leases
from avio.db.connecting import AWAY, borrow, open_database
from avio.db.schema import require_current
from avio.faults import fault
from avio.isolation.session import die_with_parent
from avio.log import start_logging
from supervisor.announcing import Announcer
from supervisor.claiming import Claiming
from supervisor.desk import Desk, Task
from supervisor.ending import Ending
from supervisor.leasing import Leasing
from supervisor.messages import (
    Draining,
    Ended,
    Evict,
    Message,
    Registered,
    Renew,
    Situation,
    Started,
    Unkillable,
    receive,
)
from supervisor.shipping import Shipping
from supervisor.spool import Spool
from supervisor.tidying import Tidying
from supervisor.voice import Voice

POLL_SECONDS = 1.0
HAND_OVER_SECONDS = 2.0
PAUSE_SECONDS = 1.0

log = logging.getLogger(__name__)


class Intake:
    """One life of intake, for one keeper."""

    def __init__(self, settings: Settings, channel: socket.socket) -> None:
        self._settings = settings
        self._messages = receive(channel)
        self._voice = Voice(channel)
        self._desk = Desk(settings.slots)
        self._spool = Spool(settings.spool / settings.node)
        self._announcer = Announcer(settings.redis_url)
        self._shipping = Shipping(self._spool)
        self._tidying = Tidying(settings)
        self._ending = Ending(self._desk, self._spool, self._voice, self._announcer, self._shipping, self._tidying)

    def run(self) -> None:
        """Take up what keeper holds, then work; never returns while keeper lives."""
        situation = next(self._messages, None)
        if not isinstance(situation, Situation):
            return
        for job, attempt in situation.running:
            self._desk.hold(job, attempt)
        for ended in situation.ended:
            self._desk.hold(ended["job"], ended["attempt"])
        epoch = self._wait_for_epoch(situation.epoch)
        self._claiming = Claiming(self._settings, epoch, self._desk, self._spool, self._voice, self._announcer)
        self._leasing = Leasing(self._settings, epoch, self._desk, self._voice, self._lost)
        for ended in situation.ended:
            self._later(partial(self._ending.ended, Ended(**ended)))
        self._begin("database", lambda: self._desk.work(self._poll, POLL_SECONDS))
        self._begin("lease", self._leasing.run)
        self._begin("keeper", lambda: self._listen(self._messages, epoch))
        self._take_hints(epoch)

    # -- start

    def _wait_for_epoch(self, epoch: int | None) -> int:
        """Go on in keeper's epoch or, if it has none, begin one; waits as long as the database is away."""
        while True:
            try:
                with borrow():
                    require_current()
                    return self._register() if epoch is None else self._go_on(epoch)
            except AWAY as error:
                log.warning("database away", extra={"why": str(error)})
                time.sleep(PAUSE_SECONDS)

    def _register(self) -> int:
        """Begin an epoch: what older ones left behind is finished by its result or given back at once."""
        settings = self._settings
        sent = boottime()
        epoch = leases.register(settings.node, _boot_id(), settings.slots, settings.lease)
        fault("intake.registered")
        self._voice.say(Registered(epoch))
        self._voice.say(Renew(sent + settings.fence))
        for held in leases.held_by_older(settings.node, epoch):
            self._ending.lost(held)
        for job, attempt in self._spool.found():
            self._spool.remove(job, attempt)
        self._tidying.tidy()
        log.info("registered", extra={"node": settings.node, "epoch": epoch})
        return epoch

    def _go_on(self, epoch: int) -> int:
        """Renew the lease before anything is claimed; without it, everything here must go."""
        sent = boottime()
        if not leases.renew(self._settings.node, epoch, self._settings.lease):
            self._voice.say(Evict())
            os._exit(1)
        self._voice.say(Renew(sent + self._settings.fence))
        return epoch

    def _begin(self, name: str, work: Task) -> None:
        threading.Thread(target=_or_die, args=(name, work), name=name, daemon=True).start()

    # -- the threads

    def _take_hints(self, epoch: int) -> None:
        """Main thread: RQ wants it for its timeouts. It sleeps while Redis is away; nothing else here does."""
        client = streams.connect(self._settings.redis_url, timeout=15.0)
        for life in range(sys.maxsize):
            try:
                name = f"{self._settings.node}-{epoch}-{os.getpid()}-{life}"
                queue.take_hints(client, name, self._take, self._desk.wait_for_slot)
            except Exception as error:
                log.warning("queue away, polling alone", extra={"why": str(error)})
            time.sleep(PAUSE_SECONDS)

    def _take(self, job: str) -> None:
        fault("intake.dequeued")
        self._desk.ask(partial(self._if_there, partial(self._claiming.take, job)), HAND_OVER_SECONDS)

    def _poll(self) -> None:
        self._if_there(self._look_around)

    def _look_around(self) -> None:
        """What needs no news to be done: wishes, jobs without hints, logs that grew."""
        self._look_at_the_disk()
        self._leasing.obey_wishes()
        self._claiming.poll()
        for job, attempt in self._desk.held().items():
            if attempt:
                self._shipping.ship_log(job, attempt)

    def _look_at_the_disk(self) -> None:
        """A job that this node has no room for is another's; once there is room, it goes on by itself."""
        free = self._spool.free()
        if self._desk.pause(free < self._settings.spool_min_free):
            log.warning(
                "the room in the spool has changed", extra={"free": free, "least": self._settings.spool_min_free}
            )

    def _if_there(self, task: Task) -> None:
        """Run a task that comes again by itself, if the database answers."""
        try:
            with borrow():
                task()
        except AWAY as error:
            log.warning("database away", extra={"why": str(error)})

    def _lost(self, held: leases.Held) -> None:
        self._later(lambda: self._ending.lost(held))

    def _listen(self, messages: Iterator[Message], epoch: int) -> None:
        for message in messages:
            if isinstance(message, Ended):
                self._later(partial(self._ending.ended, message))
            elif isinstance(message, Started):
                self._later(partial(self._claiming.started, message))
            elif isinstance(message, Unkillable):
                self._drain(epoch)
                self._later(partial(self._ending.unkillable, message))
            elif isinstance(message, Draining):
                self._drain(epoch)
        os._exit(0)

    def _drain(self, epoch: int) -> None:
        self._desk.drain()
        self._later(lambda: leases.drain(self._settings.node, epoch))

    def _later(self, task: Task) -> None:
        self._desk.inbox.put(lambda: self._until_done(task))

    def _until_done(self, task: Task) -> None:
        """Run a write that must not be lost, however long the database is away."""
        while True:
            try:
                with borrow():
                    task()
                return
            except AWAY as error:
                log.warning("database away", extra={"why": str(error)})
                time.sleep(PAUSE_SECONDS)


def _or_die(name: str, work: Task) -> None:
    """A thread that ends takes intake along: keeper starts another, which begins with a clean slate."""
    try:
        work()
    except Exception:
        log.exception("%s thread failed", name)
    os._exit(1)


def _boot_id() -> str:
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()


def main() -> None:
    """Run intake over the socket whose descriptor is the first argument."""
    die_with_parent(os.getppid())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    settings = load()
    start_logging("intake", settings.log_level)
    open_database(settings.database_url, connections=8)
    Intake(settings, socket.socket(fileno=int(sys.argv[1]))).run()


if __name__ == "__main__":
    main()
