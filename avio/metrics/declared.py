"""Every metric, declared once. `docs/metrics.md` is compared with it. Standard library only.

No label is a job, a path or a user: their number has no bound.
"""

from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from math import inf

SUM = "sum"  # the part of a histogram beside its buckets


class Kind(StrEnum):
    """What a metric is for Prometheus."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: its labels, what it means, which processes show it, and of a histogram its buckets."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    meaning: str
    shown_by: tuple[str, ...]
    buckets: tuple[float, ...] = ()

    def bucket_of(self, value: float) -> str:
        """Return the upper bound of the bucket that has `value`, as text."""
        at = bisect_left(self.buckets, value)
        return repr(float(self.buckets[at])) if at < len(self.buckets) else repr(inf)

    def parts(self) -> list[str]:
        """Return the upper bounds of all buckets, as text."""
        return [*(repr(float(bound)) for bound in self.buckets), repr(inf)]


WEB, SUPERVISOR, AGGREGATOR = "web", "supervisor", "aggregator"

_MINUTES = (1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 86400)
_REQUESTS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_RATIOS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5)


def _gauge(name: str, labels: str, meaning: str, *shown_by: str) -> Metric:
    return Metric(name, Kind.GAUGE, tuple(labels.split()), meaning, shown_by or (WEB,))


def _counter(name: str, labels: str, meaning: str) -> Metric:
    return Metric(name, Kind.COUNTER, tuple(labels.split()), meaning, (WEB,))


def _histogram(name: str, labels: str, meaning: str, buckets: tuple[float, ...], *shown_by: str) -> Metric:
    return Metric(name, Kind.HISTOGRAM, tuple(labels.split()), meaning, shown_by or (WEB,), buckets)


BUILD = _gauge("avio_build_info", "version", "Always 1; the label is the version.", WEB, SUPERVISOR, AGGREGATOR)
DATABASE_UP = _gauge(
    "avio_database_up", "", "1 if the database answered in time; with 0 all that is read from it is left out."
)
JOBS = _gauge("avio_jobs", "state type", "Jobs that have not ended.")
QUEUE_OLDEST = _gauge(
    "avio_job_queue_oldest_seconds", "", "For how long the oldest due job has waited for a node; 0 if none waits."
)
ENDED = _counter("avio_jobs_ended_total", "state type", "Jobs that have ended.")
DURATION = _histogram(
    "avio_job_duration_seconds", "type state", "Seconds from the first claim of a job to its end.", _MINUTES
)
WAITED = _histogram(
    "avio_job_wait_seconds", "type", "Seconds that a job was due before a node claimed it first.", _MINUTES
)
FILES = _counter(
    "avio_files_total",
    "type outcome",
    "Files by their outcome: done while jobs run, the others when they end.",
)
BYTES = _counter(
    "avio_bytes_total",
    "direction mount",
    "Bytes of files that preloads (`to_cache`) and saves (`to_bucket`) brought, by the mount of the job's path;"
    " `several` for file lists and several paths.",
)
WIRE = _counter("avio_wire_bytes_total", "", "Bytes that crossed the wire, repeats included.")
REPAIRED = _counter(
    "avio_repaired_total", "reason", "Files that were fetched again: other bytes came first than those of their digest."
)
ATTEMPTS = _counter("avio_attempts_total", "outcome", "Attempts of jobs that have ended, by how.")
ETA_ERROR = _histogram(
    "avio_eta_error_ratio",
    "type",
    "How far the estimate at a quarter of a job's work was from the time that the rest took, as a share of that time.",
    _RATIOS,
)
SLOTS = _gauge(
    "avio_slots", "node state", "Slots of a node: busy, free, or closed while it takes no job.", WEB, SUPERVISOR
)
LEASE_AGE = _gauge("avio_lease_age_seconds", "node", "Seconds since a node last renewed its lease.", WEB, SUPERVISOR)
LIVE = _gauge("avio_live_processes", "process", "Supervisors and aggregators that are alive.")
TIER_BYTES = _gauge(
    "avio_tier_bytes", "tier kind", "Bytes of a tier: its capacity, and what of it is used, reserved and dirty."
)
TIER_AGE = _gauge("avio_tier_age_seconds", "tier", "Seconds since a node last reported the bytes of a tier.")
DIRTY_OLDEST = _gauge(
    "avio_dirty_oldest_seconds", "mount", "Age of the oldest file below a mount that is in the cache alone; 0 for none."
)
FOLD_LAG = _gauge(
    "avio_fold_lag_seconds", "", "Age of the newest event that this aggregator folded, when it did.", AGGREGATOR
)
STREAM_PENDING = _gauge("avio_stream_pending", "", "Events of the stream that nobody has folded.", AGGREGATOR)
ENGINE = _histogram(
    "avio_engine_request_seconds",
    "engine call",
    "Seconds that the engine took for a call of this process.",
    _REQUESTS,
    WEB,
    SUPERVISOR,
)
HTTP = _histogram(
    "avio_http_request_seconds",
    "method route status",
    "Seconds from the head of a request to that of its reply. The route is a template; that of a long poll ends"
    " with `?wait`.",
    _REQUESTS,
)

METRICS = (
    *(BUILD, DATABASE_UP, JOBS, QUEUE_OLDEST, ENDED, DURATION, WAITED, FILES, BYTES, WIRE, REPAIRED, ATTEMPTS),
    *(ETA_ERROR, SLOTS, LEASE_AGE, LIVE, TIER_BYTES, TIER_AGE, DIRTY_OLDEST, FOLD_LAG, STREAM_PENDING, ENGINE, HTTP),
)
BY_NAME = {metric.name: metric for metric in METRICS}
