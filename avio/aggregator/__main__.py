"""`python -m avio.aggregator`: one loop that folds, makes jobs of schedules, sweeps, reaps, trims and deletes.

It runs until SIGTERM. While Redis is unavailable it continues to reap; while the database is unavailable events wait in
the stream.
"""

import logging
import os
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import avio.startup
from avio import queue, streams
from avio.aggregator.counting import Counting
from avio.aggregator.fold import fold
from avio.aggregator.notifier import Notifier
from avio.aggregator.own_metrics import OwnMetrics
from avio.aggregator.predecessors import settle
from avio.aggregator.reaper import reap
from avio.aggregator.retention import Retention
from avio.aggregator.scheduler import Scheduler
from avio.aggregator.steady_clock import SteadyClock
from avio.aggregator.sweeper import sweep
from avio.clock import boottime
from avio.config import Settings, load
from avio.db import aggregators
from avio.db.connection import AWAY as DATABASE_AWAY
from avio.db.connection import borrow, open_database
from avio.db.schema import require_current
from avio.errors import SettingsError, Unavailable
from avio.faults import fault
from avio.log import LogPace, start_logging
from avio.metrics.exporter import start_exporter
from avio.rules.event_keys import EventKeys
from avio.signs import SignPost
from avio.stop_signals import handle_stop
from avio.wire.events import StateEvent

BLOCK_MS = 500
BEAT_SECONDS = 5.0
SWEEP_SECONDS = 2.0
REAP_SECONDS = 2.0
TRIM_SECONDS = 5.0
LOOK_SECONDS = 5.0
TAKE_OVER_SECONDS = 5.0
SETTLE_SECONDS = 1.0
SCHEDULE_SECONDS = 0.5
MEND_SECONDS = 60.0
RETENTION_SECONDS = 1.0
COUNT_SECONDS = 2.0
FORGET_SECONDS = 600.0
PAUSE_SECONDS = 1.0

CONNECTIONS = 3  # to the database: one for the loop, the others for the threads of webhooks, which wait for each other

log = logging.getLogger("avio.aggregator")


@dataclass(slots=True)
class Chore:
    """A task to run each `every` seconds."""

    every: float
    do: Callable[[], object]
    due: float = 0.0

    def do_if_due(self) -> None:
        """Run the task if it is due."""
        if boottime() >= self.due:
            self.due = boottime() + self.every
            self.do()


class Aggregator:
    """The loop and its periodic tasks."""

    def __init__(self, settings: Settings) -> None:
        self._redis = streams.connect(settings.redis_url, timeout=5.0)
        self._stream = streams.Events(self._redis, keys=EventKeys())
        self._consumer = f"{socket.gethostname()}-{os.getpid()}"
        self._grace = settings.grace
        self._clock = SteadyClock(settings.fence)
        self._scheduler = Scheduler(settings)
        self._leaving = False
        self.metrics = OwnMetrics()
        self._pace = LogPace()
        self._sign = SignPost(settings.signs, "aggregator")
        self._beaten = float("-inf")
        # First those that need no Redis. Trimming before anything that adds to Redis: it may be full.
        self._chores = [
            Chore(BEAT_SECONDS, self._beat),
            Chore(REAP_SECONDS, self._reap),
            Chore(SETTLE_SECONDS, lambda: self._tell(settle())),
            Chore(SCHEDULE_SECONDS, self._scheduler.bite),
            Chore(MEND_SECONDS, self._scheduler.mend),
            Chore(TRIM_SECONDS, self._trim),
            Chore(LOOK_SECONDS, lambda: self.metrics.look(self._stream)),
            Chore(COUNT_SECONDS, Counting(settings.mount_paths).count),
            Chore(RETENTION_SECONDS, Retention(settings).bite),
            Chore(SWEEP_SECONDS, self._sweep),
            Chore(TAKE_OVER_SECONDS, lambda: fold(self._stream, self._stream.take_over(self._consumer))),
            Chore(FORGET_SECONDS, self._stream.forget_gone),
        ]

    def leave(self, *_: object) -> None:
        """Signal handler: end after the batch in hand."""
        self._leaving = True

    def run(self) -> None:
        """Loop until `leave`. While one part is unavailable or faulty, the tasks of the others continue."""
        while not self._leaving:
            self._sign.show(self._not_ready())
            for step in [chore.do_if_due for chore in self._chores] + [self._fold]:
                try:
                    step()
                except (*streams.AWAY, *DATABASE_AWAY, Unavailable) as error:
                    if self._pace.is_due(str(error)):
                        log.warning("a part is unavailable", extra={"why": str(error)})
                    time.sleep(PAUSE_SECONDS / 4)
                except Exception:
                    log.exception("a task of the aggregator failed; the others continue")
                    time.sleep(PAUSE_SECONDS)
        self._say_goodbye()

    def _beat(self) -> None:
        with borrow():
            aggregators.beat(self._consumer)
        self._beaten = boottime()

    def _not_ready(self) -> str:
        """Return why progress is not folded; empty if it is, as far as the database goes."""
        is_alive = boottime() - self._beaten < aggregators.ALIVE_SECONDS
        return "" if is_alive else "the database does not answer"

    def _say_goodbye(self) -> None:
        with suppress(Exception), borrow():
            aggregators.leave(self._consumer)

    def _fold(self) -> None:
        batch = self._stream.read(self._consumer, BLOCK_MS)
        fold(self._stream, batch)
        self.metrics.folded(batch)

    def _sweep(self) -> None:
        sweep(lambda: queue.count(self._redis), lambda jobs: queue.push(self._redis, jobs))

    def _trim(self) -> None:
        fault("aggregator.before-trim")
        self._stream.trim()

    def _reap(self) -> None:
        self._tell(reap(self._grace) if self._clock.is_steady() else [])

    def _tell(self, told: list[StateEvent]) -> None:
        if told:
            self._stream.publish(told)


def main() -> int:
    """Run the aggregator; return the exit code."""
    avio.startup.loaded()
    try:
        settings = load()
        open_database(settings.database_url, connections=CONNECTIONS)
    except (SettingsError, ValueError) as error:
        for problem in getattr(error, "problems", [str(error)]):
            print(f"error: {problem}", file=sys.stderr)
        return 2
    start_logging("aggregator", settings.log_level)
    try:
        with borrow():
            require_current()
    except (Unavailable, *DATABASE_AWAY) as error:
        log.error("cannot start: %s", error)
        return 1
    aggregator = Aggregator(settings)
    handle_stop(aggregator.leave)
    log.info("aggregator started")
    notifier = Notifier(settings)
    notifier.start()
    start_exporter(settings.host, settings.aggregator_metrics_port or settings.metrics_port, aggregator.metrics)
    aggregator.run()
    notifier.leave()
    return 0


if __name__ == "__main__":
    sys.exit(main())
