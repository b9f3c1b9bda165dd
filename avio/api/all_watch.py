"""The event stream of all jobs that a caller may see: one for a whole page. Run by web alone.

Once a second it tells what is new: of each job the newest figures, however many events came.
"""

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import timezone
from typing import Any

from avio.api.job_watch import PING_SECONDS, REREAD_SECONDS, never
from avio.api.news import Bundle, News
from avio.api.shown_job import ShownJob, has_ended
from avio.clock import boottime
from avio.clock import now as wall_clock
from avio.errors import NotAuthenticated
from avio.rules.types import DATABASE_AWAY, Job

TICK_SECONDS = 1.0
LOOK_SECONDS = 5.0  # between two looks at the rows: a job that was queued sends no event
OPEN_MAX = 200  # jobs of a snapshot
PROGRESS_MAX = 200  # jobs whose figures one tick tells; the others have their turn at the next
IGNORED_MAX = 100_000  # ids of ended jobs and of those of others


@dataclass(frozen=True, slots=True)
class Rows:
    """How a stream reads rows: the caller's newest jobs that have not ended, and those of some ids that it may see."""

    not_ended: Callable[[], list[Job]]
    of_ids: Callable[[Collection[str]], list[Job]]


class AllJobsStream:
    """Yields `GET /events`: a snapshot, then each change, until the token expires or the process ends."""

    def __init__(
        self,
        rows: Rows,
        news: News,
        *,
        zone: timezone,
        expires: Callable[[], float],
        has_hung_up: Callable[[], bool] = never,
    ) -> None:
        self._rows = rows
        self._news = news
        self._zone = zone
        self._expires = expires
        self._expires_at = expires()
        self._has_hung_up = has_hung_up
        self._known: dict[str, ShownJob] = {}
        self._ignored: set[str] = set()
        self._needs_snapshot = True
        self._looked_at = 0.0

    def __iter__(self) -> Iterator[str]:
        pinged = boottime()
        while wall_clock() < self._expires_at and not self._has_hung_up():
            yield from self._news_of_tick()
            if boottime() - pinged >= PING_SECONDS:
                pinged = boottime()
                self._try(self._look_at_token)
                yield ": ping\n\n"
            if self._news.closed.wait(TICK_SECONDS):
                return

    def _news_of_tick(self) -> list[str]:
        bundle = self._news.take(PROGRESS_MAX)
        self._needs_snapshot |= bundle.has_gap
        if self._needs_snapshot:
            return self._try(self._snapshot)
        told = self._try(lambda: self._changes(bundle))
        if boottime() - self._looked_at >= (REREAD_SECONDS if self._news.deaf else LOOK_SECONDS):
            told += self._try(self._look)
        return told

    def _try(self, read: Callable[[], list[str]]) -> list[str]:
        """Return what `read` finds; nothing, and later a snapshot, while the database is unavailable."""
        try:
            return read()
        except NotAuthenticated:
            self._expires_at = 0.0
        except DATABASE_AWAY:
            self._needs_snapshot = True
        return []

    def _look_at_token(self) -> list[str]:
        self._expires_at = self._expires()
        return []

    def _snapshot(self) -> list[str]:
        jobs, self._looked_at = self._rows.not_ended(), boottime()
        self._known = {job.id: self._known.get(job.id) or ShownJob(self._zone) for job in jobs}
        self._needs_snapshot = False
        return [_text("snapshot", {"jobs": [self._known[job.id].row(job) for job in jobs]})]

    def _changes(self, bundle: Bundle) -> list[str]:
        told = bundle.changed | {event.job for event in bundle.progress if event.job not in self._known}
        if wanted := told - self._ignored:
            rows = self._rows.of_ids(wanted)
            self._ignore(wanted - {job.id for job in rows})
            lines = self._show(rows)
        else:
            lines = []
        for event in bundle.progress:
            known = self._known.get(event.job)
            if known is not None and (data := known.progress(event)) is not None:
                lines.append(_text("progress", {"id": event.job, **data}))
        return lines

    def _look(self) -> list[str]:
        """Tell what rows say without an event: jobs that were queued, what they wait for, ends that were missed."""
        self._looked_at = boottime()
        rows = self._rows.not_ended()
        left = self._known.keys() - {job.id for job in rows}
        rows += self._rows.of_ids(left) if left else []
        for gone in left - {job.id for job in rows}:
            del self._known[gone]
        return self._show(rows)

    def _show(self, rows: list[Job]) -> list[str]:
        lines = []
        for job in rows:
            known = self._known.setdefault(job.id, ShownJob(self._zone))
            if known.differs(job):
                lines.append(_text("end" if has_ended(job) else "state", known.row(job)))
            if has_ended(job):
                del self._known[job.id]
                self._ignore({job.id})
        return lines

    def _ignore(self, jobs: Collection[str]) -> None:
        """Forget some jobs: an event of them is no news any more, or never was."""
        if len(self._ignored) + len(jobs) > IGNORED_MAX:
            self._ignored.clear()
        self._ignored.update(jobs)


def _text(event: str, data: dict[str, Any]) -> str:
    return f"event: {event}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"
