"""Watches the pace of an attempt: speed, average, phases, the time that is left. At the end it tells how long all took.

Runs in the job process, in the reporter's thread.
"""

from collections import deque
from collections.abc import Sequence

from avio import clock
from avio.executor.attempt import Attempt
from avio.executor.eta.estimator import Estimator, Work
from avio.executor.eta.forecast_log import ForecastLog
from avio.executor.eta.priors import priors_of
from avio.wire.progress import Counters, Progress
from avio.wire.results import Result
from avio.wire.states import JobType, Phase, State
from avio.wire.timings import Timing

SPEED_WINDOW_SECONDS = 5.0

# The types whose work is known after the listing. Of the others the listing is the work.
ESTIMATED = (JobType.PRELOAD, JobType.SAVE, JobType.CHECK)

DONE = (State.SUCCEEDED, State.PARTIAL)


class Timekeeper:
    """Watches one attempt of a job of type `kind`. `past` are the timings of earlier jobs, newest first."""

    def __init__(self, attempt: Attempt, kind: JobType | None = None, past: Sequence[Timing] = ()) -> None:
        self._attempt, self._kind = attempt, kind
        self._began = clock.boottime()
        self._wire_before = attempt.bytes_moved()
        self._samples: deque[tuple[float, int]] = deque()
        self._estimator = Estimator(priors_of(past))
        self._forecasts = ForecastLog(self._began)
        self._told = Counters()  # what a check knew when its listing was complete
        self._listed = False
        self._limited = False

    def watch(self, progress: Progress) -> None:
        """Set speeds, phases, files in flight and the time that is left in `progress`, which is of now."""
        now = clock.boottime()
        progress.speed_bps = self._speed(now, progress.counters.bytes_wire)
        moved = progress.counters.bytes_wire - self._wire_before
        progress.average_bps = int(moved / (now - self._began)) if now > self._began else 0
        progress.phases = self._attempt.phases.told()
        progress.in_flight = self._attempt.under_way()
        limits = self._attempt.page.limits
        self._limited |= limits.bandwidth is not None or limits.concurrency is not None
        if self._kind in ESTIMATED:
            progress.eta = self._estimator.look(now, self._work(progress))
            self._forecasts.note(now, progress.eta)

    def settle(self, result: Result) -> None:
        """Set the last pace in the `result` of an attempt, and how long its work took if it was done to the end."""
        self.watch(result.progress)
        result.progress.eta = None
        if self._kind in ESTIMATED and result.state in DONE:
            result.timing = self._timing(result.progress)

    def _timing(self, progress: Progress) -> Timing:
        now, work = clock.boottime(), self._work(progress)
        check = self._attempt.phases.first(Phase.VERIFYING) if self._kind is not JobType.CHECK else None
        moved_at = self._estimator.began
        moving = 0.0 if moved_at is None else max(0.0, (check or now) - moved_at)
        return Timing(
            work.files_done,
            work.bytes_done,
            round(moving * 1000),
            0 if check is None else work.to_verify,
            0 if check is None else round((now - check) * 1000),
            self._limited,
            self._forecasts.scored(now),
        )

    def _work(self, progress: Progress) -> Work:
        counters, bandwidth = progress.counters, self._attempt.page.limits.bandwidth
        if self._kind is JobType.CHECK:
            return self._compared(progress)
        others_files = counters.files_skipped + counters.files_shared
        others_bytes = counters.bytes_skipped + counters.bytes_shared
        files = counters.files_total - others_files - counters.files_kept
        size = counters.bytes_total - others_bytes - counters.bytes_kept
        settled = counters.bytes_done - others_bytes + counters.bytes_failed
        done = counters.files_done - others_files + counters.files_failed
        verified = self._attempt.rechecked if progress.phase == Phase.VERIFYING else None
        return Work(
            progress.total_complete,
            files,
            size,
            done,
            settled + progress.bytes_in_flight,
            counters.files_total,
            verified,
            bandwidth,
        )

    def _compared(self, progress: Progress) -> Work:
        """Return the work of a check: the files whose copies have to be looked at, after the listing."""
        counters = progress.counters
        if not progress.total_complete or not self._listed:
            self._told, self._listed = counters, progress.total_complete
        files, size = (_settled(counters, unit) - _settled(self._told, unit) for unit in ("files", "bytes"))
        all_files = counters.files_total - _settled(self._told, "files")
        all_bytes = counters.bytes_total - _settled(self._told, "bytes")
        return Work(progress.total_complete, all_files, all_bytes, files, size)

    def _speed(self, now: float, wire: int) -> int:
        """Return bytes a second over the last `SPEED_WINDOW_SECONDS`."""
        self._samples.append((now, wire))
        while now - self._samples[0][0] > SPEED_WINDOW_SECONDS:
            self._samples.popleft()
        first, moved = self._samples[0]
        return int((wire - moved) / (now - first)) if now > first else 0


def _settled(counters: Counters, unit: str) -> int:
    """Return the files or bytes of a check whose outcome is known."""
    outcomes = ("done", "different", "only_in_bucket", "only_in_cache", "failed")
    return sum(getattr(counters, f"{unit}_{outcome}") for outcome in outcomes)
