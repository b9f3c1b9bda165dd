"""Following one job: the event stream and the long poll.

While they wait, both occupy a thread and a place in the hub, but no database connection.
"""

import json
from collections.abc import Callable, Iterator
from datetime import timezone
from typing import Any

from avio.api.hub import Listener, Note
from avio.api.shown_job import Mark, ShownJob, has_ended
from avio.clock import boottime
from avio.clock import now as wall_clock
from avio.errors import NotAuthenticated
from avio.rules.types import DATABASE_AWAY, Job
from avio.wire.events import Event, ProgressEvent, StateEvent

PING_SECONDS = 15.0
REREAD_SECONDS = 2.0
FOLD_SECONDS = 0.2
LOOK_SECONDS = 0.5  # between two looks whether the client is still there


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
    while job.version <= above and not has_ended(job) and (left := deadline - boottime()) > 0:
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
        self._shown = ShownJob(zone, seen)
        self._expires = expires
        self._expires_at = expires()
        self._over = False

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
        if self._shown.differs(job):
            yield from self._show(event, job)

    def _show(self, event: str, job: Job) -> Iterator[str]:
        self._over = has_ended(job)
        info = self._shown.row(job)
        if event == "snapshot" or not self._over:
            yield self._text(event, info)
        if self._over:
            yield self._text("end", info)

    def _progress(self, event: ProgressEvent) -> Iterator[str]:
        data = self._shown.progress(event)
        if data is not None:
            yield self._text("progress", data)

    def _text(self, event: str, data: dict[str, Any]) -> str:
        attempt, seq = self._shown.seen
        return f"id: {attempt}-{seq}\nevent: {event}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"
