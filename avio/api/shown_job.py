"""What a listener was shown of a job: figures that do not fall, and no event twice. Run by web alone."""

from dataclasses import replace
from datetime import timezone
from typing import Any

from avio.api import serializers
from avio.rules.types import Job
from avio.wire.events import ProgressEvent
from avio.wire.progress import Counters, folded
from avio.wire.states import TERMINAL, State

Mark = tuple[int, int]


class ShownJob:
    """Turns rows and events of one job into what its listener gets. `seen` is the newest (attempt, seq) shown."""

    def __init__(self, zone: timezone, seen: Mark = (0, 0)) -> None:
        self.seen = seen
        self._zone = zone
        self._version = 0
        self._waits: object = None  # what a queued job says that it waits for changes without the row
        self._shown = Counters()
        self._complete = False

    def differs(self, job: Job) -> bool:
        """Return True if a row says more than was shown."""
        return (job.version, _waits(job)) != (self._version, self._waits)

    def row(self, job: Job) -> dict[str, Any]:
        """Return the JobInfo of a row, with newer figures of events."""
        self._version, self._waits = job.version, _waits(job)
        self.seen = max(self.seen, (job.attempt, job.seq))
        info = serializers.job_info(job, self._zone)
        if not has_ended(job):  # events come before their fold into the row; the end alone may fall, to what is true
            self._fold(job.counters, bool(job.total_complete))
            info["progress"] = serializers.job_progress(job, self._shown, complete=self._complete)
        return info

    def progress(self, event: ProgressEvent) -> dict[str, Any] | None:
        """Return the ProgressEventInfo of an event, None for one that is older than what was shown."""
        if (event.attempt, event.seq) <= self.seen:
            return None
        self.seen = (event.attempt, event.seq)
        self._fold(event.progress.counters, event.progress.total_complete)
        progress = replace(event.progress, counters=self._shown, total_complete=self._complete)
        return serializers.progress_event(replace(event, progress=progress), self._zone)

    def _fold(self, counters: Counters, complete: bool) -> None:
        """Take newer figures, as the row does: a new attempt counts from 0, and what is shown does not fall."""
        self._shown = folded(self._shown, counters)
        self._complete = self._complete or complete


def has_ended(job: Job) -> bool:
    """Return True for a job in a terminal state."""
    return State(job.state) in TERMINAL


def _waits(job: Job) -> object:
    return job.message, job.waiting
