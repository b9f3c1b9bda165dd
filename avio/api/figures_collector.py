"""What the database says as metrics. The same from each worker of web; read by one thread, at most each few seconds.

A scrape waits for it for a moment only: without the database it shows that, and leaves out what it does not know.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late

from prometheus_client.core import Metric as Family

from avio.log import LogPace
from avio.metrics import declared, families
from avio.metrics.declared import BY_NAME, METRICS, Kind
from avio.metrics.families import Collector
from avio.rules.figures import OUTCOMES, Figures
from avio.wire.states import TERMINAL, UNFINISHED, JobType

FRESH_SECONDS = 5.0  # for which figures are shown again
LIMIT_SECONDS = 2.0  # that a scrape waits for the database

# Kept in the table of totals.
TOTALS = [
    metric for metric in METRICS if metric.kind is not Kind.GAUGE and metric not in (declared.ENGINE, declared.HTTP)
]

KINDS = {int(kind): kind.name.lower() for kind in JobType}

# What is 0 before it happens first: from nothing to 1 is no increase for Prometheus.
ZERO: dict[str, list[families.Labels]] = {
    declared.ENDED.name: [(state.value, kind) for state in sorted(TERMINAL) for kind in KINDS.values()],
    declared.ATTEMPTS.name: [(str(outcome),) for outcome in OUTCOMES],
    declared.REPAIRED.name: [("other_bytes",)],
}

log = logging.getLogger(__name__)


class FreshFigures:
    """The newest figures. `read` is called by one thread at a time, and may take as long as it wants."""

    def __init__(self, read: Callable[[], Figures]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._thread: ThreadPoolExecutor | None = None
        self._asked: Future[Figures] | None = None
        self._asked_at = float("-inf")
        self._pace = LogPace()

    def get(self) -> Figures | None:
        """Return figures of the last seconds, or None if the database does not tell them in time."""
        with self._lock:
            asked = self._asked
            if asked is None or (asked.done() and time.monotonic() - self._asked_at > FRESH_SECONDS):
                self._thread = self._thread or ThreadPoolExecutor(1, "figures")
                asked = self._asked = self._thread.submit(self._read)
                self._asked_at = time.monotonic()
            left = self._asked_at + LIMIT_SECONDS - time.monotonic()
        try:
            return asked.result(max(0.0, left))
        except Late:
            why = "it does not answer in time"
        except Exception as error:
            why = str(error)
        if self._pace.is_due(why):
            log.warning("the database tells no metrics: %s", why)
        return None


class FiguresCollector(Collector):
    """Shows them."""

    def __init__(self, fresh: FreshFigures) -> None:
        self._fresh = fresh

    def collect(self) -> Iterator[Family]:
        """Yield what is known now."""
        found = self._fresh.get()
        yield families.gauge(declared.DATABASE_UP, {(): 0.0 if found is None else 1.0})
        if found is not None:
            yield from _of_totals(found)
            yield from _of_jobs(found)
            yield from _of_processes(found)
            yield from _of_tiers(found)


def _of_totals(found: Figures) -> Iterator[Family]:
    parts: dict[str, list[tuple[families.Labels, str, float]]] = {metric.name: [] for metric in TOTALS}
    for place, value in found.totals:
        labels = dict(place.labels)
        metric = BY_NAME.get(place.metric)
        if place.metric in parts and metric is not None and set(labels) == set(metric.labels):
            parts[place.metric].append((tuple(labels[name] for name in metric.labels), place.part, value))
    for metric in TOTALS:
        zero = [(labels, "", 0.0) for labels in ZERO.get(metric.name, ())]
        yield families.by_parts(metric, zero + parts[metric.name])


def _of_jobs(found: Figures) -> Iterator[Family]:
    jobs: dict[families.Labels, float] = {(state, kind): 0.0 for state in UNFINISHED for kind in KINDS.values()}
    jobs |= {(state, KINDS[kind]): count for (state, kind), count in found.jobs.items() if kind in KINDS}
    yield families.gauge(declared.JOBS, jobs)
    yield families.gauge(declared.QUEUE_OLDEST, {(): found.oldest_due})


def _of_processes(found: Figures) -> Iterator[Family]:
    slots: dict[families.Labels, float] = {}
    for node in found.nodes:
        if node.state != "lost":
            rest = max(0, node.slots - node.busy)
            takes = node.state == "active" and node.alive
            slots |= families.slots(node.name, busy=node.busy, free=rest if takes else 0, closed=0 if takes else rest)
    yield families.gauge(declared.SLOTS, slots)
    yield families.gauge(declared.LEASE_AGE, {(node.name,): node.lease_age for node in found.nodes})
    alive = {"supervisor": sum(node.alive for node in found.nodes), "aggregator": found.aggregators}
    yield families.gauge(declared.LIVE, {(name,): float(number) for name, number in alive.items()})


def _of_tiers(found: Figures) -> Iterator[Family]:
    sizes: dict[families.Labels, float] = {}
    for tier in found.tiers:
        dirty = found.unsaved.bytes.get(tier.name)
        kinds = {"capacity": tier.capacity, "used": tier.used, "reserved": tier.reserved, "dirty": dirty}
        sizes |= {(tier.name, kind): float(size) for kind, size in kinds.items() if size is not None}
    yield families.gauge(declared.TIER_BYTES, sizes)
    ages: dict[families.Labels, float] = {(tier.name,): tier.age for tier in found.tiers if tier.age is not None}
    yield families.gauge(declared.TIER_AGE, ages)
    oldest: dict[families.Labels, float] = {
        (mount,): max(0.0, found.now - at) if at else 0.0 for mount, at in found.unsaved.oldest.items()
    }
    yield families.gauge(declared.DIRTY_OLDEST, oldest)
