"""What a job adds to the totals of metrics since it was counted last. Pure; runs in the aggregator."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from avio.db.counting import ToCount
from avio.db.totals import Place
from avio.metrics import declared
from avio.metrics.declared import SUM, Metric
from avio.wire.states import JobType
from avio.wire.timings import Forecast

MARK = 25  # percent of the work: the forecast that avio_eta_error_ratio is about
DIRECTIONS = {JobType.PRELOAD: "to_cache", JobType.SAVE: "to_bucket"}

MountOf = Callable[[str | None], str]


class Tally:
    """Sums up amounts by their places."""

    def __init__(self, mount_of: MountOf) -> None:
        self._mount_of = mount_of
        self.amounts: defaultdict[Place, float] = defaultdict(float)

    def add(self, job: ToCount) -> dict[str, Any]:
        """Add what is new of a job; return what of it is counted now."""
        kind = JobType(job.type).name.lower()
        counted = dict(job.counted)
        if job.started_at is not None and not counted.get("waited"):
            counted["waited"] = True
            self._observe(declared.WAITED, max(0.0, job.started_at - _due(job)), type=kind)
        for number, outcome in job.outcomes:
            self._add(declared.ATTEMPTS, 1, outcome=outcome)
            counted["attempts"] = number
        if job.finished_at is not None:
            self._end(job, kind, job.finished_at)
        for place, name, amount in self._grown(job, kind):
            self._add(place[0], max(0, amount - counted.get(name, 0)), **place[1])
            counted[name] = max(amount, counted.get(name, 0))
        return counted

    def _end(self, job: ToCount, kind: str, finished_at: float) -> None:
        self._add(declared.ENDED, 1, state=job.state, type=kind)
        if job.started_at is not None:
            took = max(0.0, finished_at - job.started_at)
            self._observe(declared.DURATION, took, type=kind, state=job.state)
        for outcome, files in _outcomes(job).items():
            self._add(declared.FILES, files, type=kind, outcome=outcome)
        self._add(declared.REPAIRED, job.counters.files_repaired, reason="other_bytes")
        for forecast in (Forecast(**each) for each in job.forecasts):
            if forecast.percent == MARK and forecast.tells and forecast.actual_ms:
                error = abs(forecast.p50_ms - forecast.actual_ms) / forecast.actual_ms
                self._observe(declared.ETA_ERROR, error, type=kind)

    def _grown(self, job: ToCount, kind: str) -> list[tuple[tuple[Metric, Mapping[str, str]], str, int]]:
        """Return what grows while a job runs: where it counts, its name in `counted`, and how much it is."""
        counters, type_ = job.counters, JobType(job.type)
        done = max(0, counters.files_done - counters.files_skipped - counters.files_shared)
        grown: list[tuple[tuple[Metric, Mapping[str, str]], str, int]] = [
            ((declared.FILES, {"type": kind, "outcome": "done"}), "files", done),
            ((declared.WIRE, {}), "wire", counters.bytes_wire),
        ]
        if type_ in DIRECTIONS:
            moved = max(0, counters.bytes_done - counters.bytes_skipped - counters.bytes_shared)
            labels = {"direction": DIRECTIONS[type_], "mount": self._mount_of(job.path)}
            grown.append(((declared.BYTES, labels), "bytes", moved))
        return grown

    def _add(self, metric: Metric, amount: float, part: str = "", **labels: str) -> None:
        if amount:
            self.amounts[Place(metric.name, tuple(sorted(labels.items())), part)] += amount

    def _observe(self, metric: Metric, value: float, **labels: str) -> None:
        self._add(metric, 1, metric.bucket_of(value), **labels)
        self._add(metric, value, SUM, **labels)


def _due(job: ToCount) -> float:
    """Return when a job might have begun first. `run_at` of a later attempt is the end of its back-off."""
    if job.attempt == 1 and job.started_at is not None and job.run_at <= job.started_at:
        return job.run_at
    return max(job.created_at, job.not_before or 0.0)


def _outcomes(job: ToCount) -> dict[str, int]:
    """Return the files of an ended job that were not `done`, by their outcome."""
    names = ("skipped", "shared", "kept", "failed", "left_out", "different", "only_in_bucket", "only_in_cache")
    return {name: getattr(job.counters, f"files_{name}") for name in names}
