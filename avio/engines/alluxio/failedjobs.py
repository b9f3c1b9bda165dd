"""Why persists fail: the master tells nothing of it, the job service does, for about a minute.

Used in the job process, by one thread.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from avio.engines.alluxio.jobmaster import JobMaster, JobState
from avio.errors import EngineError

MOST = 2000  # failed jobs that are looked at in one go, newest first


@dataclass(slots=True)
class Failure:
    """How often the persist of a file has failed, and what the job service said the last time."""

    times: int = 0
    reason: str = ""


class FailedJobs:
    """The persist jobs that have failed since `begin`, each looked at once."""

    def __init__(self, jobs: JobMaster) -> None:
        self._jobs = jobs
        self._seen: set[int] = set()
        self._failures: dict[str, Failure] = {}

    def begin(self) -> None:
        """Leave out what has failed before."""
        with suppress(EngineError):
            self._seen = set(self._failed())

    def look(self, paths: Collection[str]) -> None:
        """Learn of what has failed of `paths`; nothing while the job service does not answer."""
        with suppress(EngineError):
            failed = self._failed()
            self._seen.intersection_update(failed)
            for job in [job for job in failed if job not in self._seen][-MOST:]:
                status = self._jobs.status(job)
                self._seen.add(job)
                for path in status.paths:
                    if path in paths:
                        failure = self._failures.setdefault(path, Failure())
                        failure.times += 1
                        failure.reason = status.message

    def of(self, path: str) -> Failure:
        """Return what is known of a file."""
        return self._failures.get(path, Failure())

    def forget(self, path: str) -> None:
        """Keep nothing of a file that is under way no longer."""
        self._failures.pop(path, None)

    def _failed(self) -> list[int]:
        return self._jobs.find("Persist", [JobState.FAILED])
