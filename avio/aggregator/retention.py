"""Retention: deletes what is older than the settings ask for, in bites that hold nobody up.

Runs in the aggregator, between two batches of events. Any number may run.
"""

import logging
import time
from collections.abc import Callable, Iterator

from peewee import DatabaseError

from avio.clock import boottime
from avio.config.retention import RetentionSettings
from avio.db import deliveries, filelists, keeps, leases, retention, tokens
from avio.db.away import is_away
from avio.db.connection import borrow, transaction

# A bite is one transaction of about so many seconds. A query takes so many rows; a chunk has at most 1 MiB.
BITE_SECONDS = 0.03
BITE_ROWS = 200
BITE_JOBS = 20
BITE_CHUNKS = 4

# Seconds between the end of a pass over all tables and the next pass.
REST_SECONDS = 600.0

log = logging.getLogger(__name__)


class Retention:
    """Goes over all tables, a bite a call, and rests after each pass."""

    def __init__(self, settings: RetentionSettings) -> None:
        self._settings = settings
        self._steps = self._pass()
        self._rest_until = 0.0
        self._deleted: dict[str, int] = {}

    def bite(self) -> None:
        """Delete for about `BITE_SECONDS`. Raise the errors of an unavailable database; the next call begins again."""
        if boottime() < self._rest_until:
            return
        until = time.monotonic() + BITE_SECONDS
        try:
            with borrow(), transaction():
                while time.monotonic() < until:
                    if next(self._steps, False) is False:
                        self._rest_until = boottime() + REST_SECONDS
                        self._begin_again()
                        return
        except BaseException:
            self._begin_again()
            raise

    def _begin_again(self) -> None:
        if self._deleted:
            log.info("old rows deleted", extra=self._deleted)
        self._steps, self._deleted = self._pass(), {}

    def _pass(self) -> Iterator[None]:
        """Go over all tables once. Between two steps the bite may end."""
        keep = self._settings
        yield from self._jobs()
        yield from self._lists()
        if keep.token_keep:
            yield from self._rows("tokens", lambda: tokens.forget_expired(keep.token_keep, BITE_ROWS))
        if keep.delivery_keep:
            yield from self._rows("deliveries", lambda: deliveries.forget(keep.delivery_keep, BITE_ROWS))
        if keep.keep_keep:
            yield from self._rows("keeps", lambda: keeps.forget(keep.keep_keep, BITE_ROWS))
        if keep.node_keep:
            yield from self._rows("nodes", lambda: leases.forget_lost(keep.node_keep, BITE_ROWS))

    def _jobs(self) -> Iterator[None]:
        keep = self._settings
        ages = [age for age in (keep.job_keep, keep.artifact_keep, keep.attempt_keep, keep.key_keep) if age]
        after = (0.0, "")
        while ages and (found := retention.ended(after, min(ages), BITE_ROWS)):
            yield
            for job in found:
                yield from self._texts(job)
            old = [job.job for job in found if 0 < keep.job_keep < job.age]
            for at in range(0, len(old), BITE_JOBS):
                yield from self._delete(old[at : at + BITE_JOBS])
            after = (found[-1].finished_at, found[-1].job)

    def _texts(self, job: retention.Ended) -> Iterator[None]:
        """Delete the artifacts and the key of a job that are old enough."""
        keep = self._settings
        if job.has_artifacts and any(0 < age < job.age for age in (keep.job_keep, keep.artifact_keep)):
            yield from self._chunks(lambda: retention.delete_artifacts(job.job, BITE_CHUNKS))
        elif job.has_artifacts and job.attempt > 1 and 0 < keep.attempt_keep < job.age:
            yield from self._chunks(lambda: retention.delete_earlier_attempts(job.job, BITE_CHUNKS))
        if job.has_key and 0 < keep.key_keep < job.age:
            retention.forget_key(job.job)
            yield

    def _delete(self, jobs: list[str]) -> Iterator[None]:
        """Delete some jobs. One that can't be deleted must not keep the others."""
        try:
            self._count("jobs", retention.delete_jobs(jobs))
            yield
        except DatabaseError as error:
            if is_away(error):
                raise
            if len(jobs) == 1:
                log.exception("job not deleted", extra={"job": jobs[0]})
                return
            for job in jobs:
                yield from self._delete([job])

    def _chunks(self, delete: Callable[[], int]) -> Iterator[None]:
        while self._count("chunks", delete()) == BITE_CHUNKS:
            yield
        yield

    def _lists(self) -> Iterator[None]:
        keep = {True: self._settings.list_keep, False: self._settings.upload_keep}  # by whether it is complete
        ages = [age for age in keep.values() if age]
        after = (0.0, "")
        while ages and (found := filelists.by_age(after, min(ages), BITE_ROWS)):
            yield
            for _, list_id, complete, age in found:
                if 0 < keep[complete] < age and filelists.close(list_id, keep[complete], wait=False):
                    while not filelists.delete_some(list_id, BITE_CHUNKS, wait=False):
                        yield
                    self._count("lists", 1)
                    yield
            after = found[-1][:2]

    def _rows(self, what: str, delete: Callable[[], int]) -> Iterator[None]:
        while self._count(what, delete()) == BITE_ROWS:
            yield
        yield

    def _count(self, what: str, number: int) -> int:
        if number:
            self._deleted[what] = self._deleted.get(what, 0) + number
        return number
