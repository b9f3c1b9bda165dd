"""Following one job: the event stream and the long poll.

While they wait, both occupy a thread and a place in the hub, but no database connection.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timezone
from typing import Any

from avio.api import serializers
from avio.api.hub import Listener, Note
from avio.clock import boottime
from avio.clock import now as wall_clock
from avio.errors import NotAuthenticated
from avio.rules.types import DATABASE_AWAY, Job
from avio.wire.events import Event, ProgressEvent, StateEvent
from avio.wire.progress import Counters, folded
from avio.wire.states import TERMINAL, State

PING_SECONDS = 15.0
REREAD_SECONDS = 2.0
FOLD_SECONDS = 0.2
LOOK_SECONDS = 0.5  # between two looks whether the client is still there

Mark = tuple[int, int]


def parse_mark(last_event_id: str) -> Mark:
    """Return (attempt, seq) of a `Last-Event-ID`, or (0, 0) if it is invalid."""
    attempt, _, seq = last_event_id.partition("-")
    if attempt.isascii() and attempt.isdigit() and seq.isascii() and seq.isdigit() and len(last_event_id) < 40:
        return int(attempt), int(seq)
    return 0, 0


def never() -> bool:
    """Return False, for a listener without a connection: it never hangs up."""
    return False


def wait_for_version(
    read: Callable[[], Job],
    listener: Listener,
    version: int | None,
    seconds: float,
    has_hung_up: Callable[[], bool] = never,
) -> Job:
    """Return the row when its version is above `version`, when it has ended, or after `seconds`."""
    deadline = boottime() + seconds
    job = read()
    above = job.version if version is None else version
    pause = REREAD_SECONDS
    while job.version <= above and not _ended(job) and (left := deadline - boottime()) > 0:
        heard = _hear(listener, min(pause, left), has_hung_up)
        if heard is Note.CLOSED:
            break
        # An event arrives before the aggregator folds it into the row: read again soon.
        pause = FOLD_SECONDS if heard is not None else REREAD_SECONDS
        job = read()
    return job


def _hear(listener: Listener, seconds: float, has_hung_up: Callable[[], bool]) -> Event | Note | None:
    """Return what comes within `seconds`, or None; `Note.CLOSED` soon after the client has hung up."""
    until = boottime() + seconds
    while (left := until - boottime()) > 0:
        heard = listener.next(min(left, LOOK_SECONDS))
        if heard is not None:
            return heard
        if has_hung_up():
            return Note.CLOSED
    return None


class EventStream:
    """Yields `GET /jobs/{id}/events`: a snapshot, then each change, until the job ends or the token expires.

    `expires` looks at the token again, which renews it, and returns its end in epoch seconds. `read` looks at it too,
    so that nobody gets what happened after the end of a token.
    """

    def __init__(
        self,
        first: Job,
        read: Callable[[], Job],
        listener: Listener,
        *,
        zone: timezone,
        seen: Mark,
        expires: Callable[[], float],
        has_hung_up: Callable[[], bool] = never,
    ) -> None:
        self._has_hung_up = has_hung_up
        self._first = first
        self._read = read
        self._listener = listener
        self._zone = zone
        self._seen = seen
        self._expires = expires
        self._expires_at = expires()
        self._version = 0
        self._waits: object = None  # what a queued job says that it waits for changes without the row
        self._over = False
        self._shown = Counters()
        self._complete = False

    def __iter__(self) -> Iterator[str]:
        yield from self._show("snapshot", self._first)
        pinged = read_at = boottime()
        while not self._over and wall_clock() < self._expires_at:
            heard = _hear(self._listener, REREAD_SECONDS, self._has_hung_up)
            if heard is Note.CLOSED:
                return
            if isinstance(heard, ProgressEvent):
                yield from self._progress(heard)
            elif self._should_read(heard, read_at):
                read_at = boottime()
                yield from self._read_again("snapshot" if heard is Note.REREAD else "state")
            if boottime() - pinged >= PING_SECONDS:
                pinged = boottime()
                self._look_at_token()
                yield ": ping\n\n"

    def _look_at_token(self) -> None:
        try:
            self._expires_at = self._expires()
        except NotAuthenticated:
            self._expires_at = 0.0
        except DATABASE_AWAY:
            return

    def _should_read(self, heard: Any, read_at: float) -> bool:
        """Read at a change of state, after a gap, each 15 s, and each 2 s while Redis is unavailable."""
        return isinstance(heard, StateEvent | Note) or self._listener.deaf or boottime() - read_at >= PING_SECONDS

    def _read_again(self, event: str) -> Iterator[str]:
        """Yield what is new in the row; nothing while the database is unavailable."""
        try:
            job = self._read()
        except NotAuthenticated:
            self._expires_at = 0.0
            return
        except DATABASE_AWAY:
            return
        if (job.version, _waits(job)) != (self._version, self._waits):
            yield from self._show(event, job)

    def _show(self, event: str, job: Job) -> Iterator[str]:
        self._version, self._waits = job.version, _waits(job)
        self._seen = max(self._seen, (job.attempt, job.seq))
        self._over = _ended(job)
        info = serializers.job_info(job, self._zone)
        if not self._over:  # events come before their fold into the row; the end alone may fall, to what is true
            self._fold(job.counters, bool(job.total_complete))
            info["progress"] = serializers.job_progress(job, self._shown, complete=self._complete)
        if event == "snapshot" or not self._over:
            yield self._text(event, info)
        if self._over:
            yield self._text("end", info)

    def _progress(self, event: ProgressEvent) -> Iterator[str]:
        if (event.attempt, event.seq) > self._seen:
            self._seen = (event.attempt, event.seq)
            self._fold(event.progress.counters, event.progress.total_complete)
            progress = replace(event.progress, counters=self._shown, total_complete=self._complete)
            yield self._text("progress", serializers.progress_event(replace(event, progress=progress), self._zone))

    def _fold(self, counters: Counters, complete: bool) -> None:
        """Take newer figures, as the row does: a new attempt counts from 0, and what is shown does not fall."""
        self._shown = folded(self._shown, counters)
        self._complete = self._complete or complete

    def _text(self, event: str, data: dict[str, Any]) -> str:
        attempt, seq = self._seen
        return f"id: {attempt}-{seq}\nevent: {event}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"


def _waits(job: Job) -> object:
    return job.message, job.waiting


def _ended(job: Job) -> bool:
    return State(job.state) in TERMINAL
