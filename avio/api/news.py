"""What has happened to all jobs since a listener's last look. Run by web alone."""

import threading
from dataclasses import dataclass, field

from avio.api.hub import EVERY_JOB, Hub, Listener, Note
from avio.wire.events import Event, ProgressEvent, StateEvent

JOBS_MAX = 10_000  # of which one listener remembers news


@dataclass(slots=True)
class Bundle:
    """The news of one look: after a gap the rows are the only source; jobs whose rows have changed; progress."""

    has_gap: bool = False
    changed: set[str] = field(default_factory=set)
    progress: list[ProgressEvent] = field(default_factory=list)


class News(Listener):
    """A listener to all jobs. Of each job it keeps the newest progress alone, however slowly it is read."""

    def __init__(self, hub: Hub, owner: object) -> None:
        super().__init__(hub, EVERY_JOB, owner)
        self.closed = threading.Event()
        self._guard = threading.Lock()
        self._has_gap = False
        self._changed: set[str] = set()
        self._progress: dict[str, ProgressEvent] = {}

    def offer(self, item: Event | Note) -> None:
        """Take note of an event. Never blocks."""
        if item is Note.CLOSED:
            self.closed.set()
            return
        with self._guard:
            if item is Note.REREAD or len(self._progress) + len(self._changed) >= JOBS_MAX:
                self._has_gap = True
                self._changed.clear()
                self._progress.clear()
            elif isinstance(item, StateEvent):
                self._changed.add(item.job)
            elif isinstance(item, ProgressEvent) and self._is_newer(item):
                self._progress[item.job] = item

    def take(self, most: int) -> Bundle:
        """Return what is new, with the progress of up to `most` jobs; those that are left come first next time."""
        with self._guard:
            jobs = list(self._progress)[:most]
            bundle = Bundle(self._has_gap, self._changed, [self._progress.pop(job) for job in jobs])
            self._has_gap, self._changed = False, set()
        return bundle

    def _is_newer(self, event: ProgressEvent) -> bool:
        known = self._progress.get(event.job)
        return known is None or (known.attempt, known.seq) < (event.attempt, event.seq)
