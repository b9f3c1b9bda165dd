"""Following one job: the event stream and the long poll.

While they wait, both hold a thread and a place in the hub, but no database connection.
"""

import json
from collections.abc import Callable, Iterator
from datetime import timezone
from typing import Any

from avio.api import showing
from avio.api.hub import Listener, Note
from avio.clock import boottime
from avio.clock import now as wall_clock
from avio.db.connecting import AWAY
from avio.db.models import Job
from avio.wire.events import ProgressEvent, StateEvent
from avio.wire.states import TERMINAL, State

PING_SECONDS = 15.0
REREAD_SECONDS = 2.0
FOLD_SECONDS = 0.2

Mark = tuple[int, int]


def parse_mark(last_event_id: str) -> Mark:
    """Return (attempt, seq) of a `Last-Event-ID`; (0, 0) of anything else."""
    attempt, _, seq = last_event_id.partition("-")
    if attempt.isascii() and attempt.isdigit() and seq.isascii() and seq.isdigit() and len(last_event_id) < 40:
        return int(attempt), int(seq)
    return 0, 0


def wait_for_version(read: Callable[[], Job], listener: Listener, version: int | None, seconds: float) -> Job:
    """Return the row once its version is above `version`, it has ended, or `seconds` are over."""
    deadline = boottime() + seconds
    job = read()
    above = job.version if version is None else version
    pause = REREAD_SECONDS
    while job.version <= above and not _ended(job) and (left := deadline - boottime()) > 0:
        heard = listener.next(min(pause, left))
        if heard is Note.CLOSED:
            break
        # An event comes before the aggregator has folded it into the row: look again soon.
        pause = FOLD_SECONDS if heard is not None else REREAD_SECONDS
        job = read()
    return job


class EventStream:
    """The text of `GET /jobs/{id}/events`: a snapshot, then what changes, until the job or the token ends."""

    def __init__(
        self, first: Job, read: Callable[[], Job], listener: Listener, *, zone: timezone, seen: Mark, expires_at: float
    ) -> None:
        self._first = first
        self._read = read
        self._listener = listener
        self._zone = zone
        self._seen = seen
        self._expires_at = expires_at
        self._version = 0
        self._over = False

    def __iter__(self) -> Iterator[str]:
        yield from self._show("snapshot", self._first)
        pinged = read_at = boottime()
        while not self._over and wall_clock() < self._expires_at:
            heard = self._listener.next(REREAD_SECONDS)
            if heard is Note.CLOSED:
                return
            if isinstance(heard, ProgressEvent):
                yield from self._progress(heard)
            elif self._should_read(heard, read_at):
                read_at = boottime()
                yield from self._read_again("snapshot" if heard is Note.REREAD else "state")
            if boottime() - pinged >= PING_SECONDS:
                pinged = boottime()
                yield ": ping\n\n"

    def _should_read(self, heard: Any, read_at: float) -> bool:
        """On a change of state, after a gap, each 2 s while Redis is away, and each 15 s in case an event got lost."""
        return isinstance(heard, StateEvent | Note) or self._listener.deaf or boottime() - read_at >= PING_SECONDS

    def _read_again(self, event: str) -> Iterator[str]:
        """Tell what is new in the row; nothing while the database is away."""
        try:
            job = self._read()
        except AWAY:
            return
        if job.version != self._version:
            yield from self._show(event, job)

    def _show(self, event: str, job: Job) -> Iterator[str]:
        self._version = job.version
        self._seen = max(self._seen, (job.attempt, job.seq))
        self._over = _ended(job)
        info = showing.job_info(job, self._zone)
        if event == "snapshot" or not self._over:
            yield self._text(event, info)
        if self._over:
            yield self._text("end", info)

    def _progress(self, event: ProgressEvent) -> Iterator[str]:
        if (event.attempt, event.seq) > self._seen:
            self._seen = (event.attempt, event.seq)
            yield self._text("progress", showing.progress_event(event))

    def _text(self, event: str, data: dict[str, Any]) -> str:
        attempt, seq = self._seen
        return f"id: {attempt}-{seq}\nevent: {event}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"


def _ended(job: Job) -> bool:
    return State(job.state) in TERMINAL
