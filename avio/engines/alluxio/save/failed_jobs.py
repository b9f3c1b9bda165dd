"""Finds out why persists fail. The master does not report it; the job service does, for about a minute.

Used in the job process, by one thread.
"""

from collections.abc import Collection
from dataclasses import dataclass

from avio.engines.alluxio.clients.job_master import JobMaster, JobState

MAX_JOBS = 2000  # failed jobs that are read at a time, newest first


@dataclass(slots=True)
class Failure:
    """The number of failed persists of a file, and the last message of the job service."""

    times: int = 0
    reason: str = ""


class FailedJobs:
    """The persist jobs that have failed since `begin`. Each is read once."""

    def __init__(self, jobs: JobMaster) -> None:
        self._jobs = jobs
        self._seen: set[int] = set()
        self._failures: dict[str, Failure] = {}

    def begin(self) -> None:
        """Ignore earlier failures. Raises the errors of the job service."""
        self._seen = set(self._failed())

    def look(self, paths: Collection[str]) -> None:
        """Read the failures of `paths`. Raises the errors of the job service."""
        failed = self._failed()
        self._seen.intersection_update(failed)
        for job in [job for job in failed if job not in self._seen][-MAX_JOBS:]:
            status = self._jobs.status(job)
            self._seen.add(job)
            for path in status.paths:
                if path in paths:
                    failure = self._failures.setdefault(path, Failure())
                    failure.times += 1
                    failure.reason = status.message

    def of(self, path: str) -> Failure:
        """Return the failures of a file."""
        return self._failures.get(path, Failure())

    def forget(self, path: str) -> None:
        """Forget a file that is no longer in flight."""
        self._failures.pop(path, None)

    def _failed(self) -> list[int]:
        return self._jobs.find("Persist", [JobState.FAILED])
