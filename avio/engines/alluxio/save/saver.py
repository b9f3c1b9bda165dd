"""The interface of a saver: it brings files from the cache into their bucket.

Used in the job process.
"""

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from avio.engines.alluxio.clients.job_master import JobMaster, JobServiceAway, JobState
from avio.engines.alluxio.clients.status import Status
from avio.engines.alluxio.save.copy_gate import CopyGate
from avio.engines.alluxio.save.failed_jobs import FailedJobs
from avio.engines.alluxio.view.savable import NotPersisted
from avio.errors import EngineError

T = TypeVar("T")

log = logging.getLogger(__name__)

MAX_TRIES = 3  # persists of a file: after a failure the master begins another


class Saver(ABC):
    """One saver. Calls about a single file are safe from several threads. `gate` decides which copy may begin."""

    name: str

    def __init__(self, jobs: JobMaster) -> None:
        self._jobs = jobs
        self._failed_jobs = FailedJobs(jobs)
        self.gate = CopyGate()
        self._problem_lock = threading.Lock()
        self._problem: str | None = None
        self._silent = False

    def open(self) -> None:
        """Begin, and ignore failures of earlier attempts."""
        self._told(self._failed_jobs.begin)

    @abstractmethod
    def begin(self, path: str) -> Status:
        """Check a file under its lock, and begin to save it unless it is saved or in flight. Return its status.

        Raises the error that prevents the save.
        """

    @abstractmethod
    def statuses(self, paths: Sequence[str]) -> dict[str, Status | None]:
        """Return the statuses of files in flight: TO_BE_PERSISTED until their end."""

    @abstractmethod
    def check(self, status: Status) -> EngineError | None:
        """Check the bucket for a file that counts as saved. Return the error, or None."""

    def ended(self, path: str) -> None:
        """Forget a file that is no longer in flight. The last call about it."""
        self.gate.ended(path)
        self._failed_jobs.forget(path)

    def given_up(self, path: str) -> EngineError:
        """Return the error of a file whose persist ended without success."""
        return NotPersisted(f"Alluxio stopped persisting {path}: {self.why(path)}", cure="see the reason, then retry")

    def ask_why(self, paths: Collection[str]) -> None:
        """Find out which persists of `paths` (all files in flight) have failed. Raises as `is_at_work`."""
        with self._problem_lock:
            self._problem = None
        self._told(lambda: self._failed_jobs.look(paths))

    def why(self, path: str) -> str:
        """Return why the last persist of `path` failed, if known. Safe to call from several threads."""
        return self._failed_jobs.of(path).reason or self._likely_problem()

    def has_failed(self, path: str) -> bool:
        """Return True if the persist of a file failed too often to try again."""
        return self._failed_jobs.of(path).times >= MAX_TRIES

    def is_at_work(self) -> bool | None:
        """Return True if the job service copies any file. Then waiting and large files are not stuck.

        None if it does not answer, which is logged. Raises JobServiceAway after a minute without an answer.
        """
        return self._told(lambda: bool(self._jobs.find("Persist", [JobState.CREATED, JobState.RUNNING])))

    def _told(self, ask: Callable[[], T]) -> T | None:
        """Return the answer of the job service, or None without one."""
        try:
            answer = ask()
        except JobServiceAway:
            raise
        except EngineError as error:
            if not self._silent:
                self._silent = True
                log.warning("the job service does not answer, so Alluxio persists nothing: %s", error)
            return None
        if self._silent:
            self._silent = False
            log.info("the job service answers again")
        return answer

    def _likely_problem(self) -> str:
        """Return the problem of the job service. It is asked once for all files between two calls of `ask_why`."""
        with self._problem_lock:
            if self._problem is None:
                self._problem = self._find_problem()
            return self._problem

    def _find_problem(self) -> str:
        if self._silent:
            return "the job service does not answer, so Alluxio persists nothing"
        try:
            if not self._jobs.worker_hosts():
                return "no job worker runs, so Alluxio persists nothing"
        except EngineError as error:
            return f"the job master does not answer, so Alluxio persists nothing: {error}"
        return "the job service gave no reason"
