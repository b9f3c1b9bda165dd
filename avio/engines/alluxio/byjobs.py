"""The third way, where the master's gRPC is closed too: the job service, file by file, with directCache.

Used in the job process. Its COMPLETED is not believed: it loses files silently.
"""

import logging
import time
from collections.abc import Sequence
from contextlib import suppress

from avio.engines.alluxio.bywindows import ByWindows
from avio.engines.alluxio.carrying import Arrived
from avio.engines.alluxio.jobmaster import JobMaster, JobServiceAway, JobState
from avio.engines.alluxio.pieces import Arriving
from avio.engines.alluxio.watching import Statuses
from avio.engines.base import Run
from avio.errors import EngineAway, EngineError, PathNotFound

BATCH = 100  # files of one job
TAKE_LIMIT = 120.0  # seconds in which a job must be taken: a full job master forgets ended jobs after a minute

log = logging.getLogger(__name__)


class ByJobs(ByWindows):
    """Some jobs a window, each of a batch of files."""

    name = "the job service"
    size = 1_000

    def __init__(self, jobs: JobMaster, statuses: Statuses, run: Run, arrived: Arrived) -> None:
        self._jobs = jobs
        super().__init__(statuses, run, arrived)

    def load(self, files: Sequence[Arriving]) -> None:
        """Run the jobs of a window; those that have not ended when it is left are cancelled."""
        running: list[int] = []
        try:
            for start in range(0, len(files), BATCH):
                self._begin([file.entry.path for file in files[start : start + BATCH]], running)
            while not self.stopping and (running := [job for job in running if not self._has_ended(job)]):
                self.pause()
        finally:
            self._cancel(running)

    def _begin(self, paths: Sequence[str], running: list[int]) -> None:
        """Add a job to those `running` once the job service can take it. A load that it hears twice harms nothing."""
        deadline, told = time.monotonic() + TAKE_LIMIT, False
        while not self.stopping:
            try:
                if self._jobs.worker_hosts():
                    running.append(self._jobs.load(paths))
                    return
                reason = "it has no job worker"
            except EngineAway as error:
                reason = str(error)
            if time.monotonic() > deadline:
                raise JobServiceAway(f"the job service took no load for {TAKE_LIMIT:.0f} s: {reason}")
            if not told:
                log.warning("a load of %d files waits for the job service: %s", len(paths), reason)
            told = True
            self.pause()

    def _has_ended(self, job: int) -> bool:
        try:
            status = self._jobs.status(job)
        except PathNotFound:
            log.warning("the job master forgot job %d: it was restarted", job)
            return True
        except EngineAway as error:
            log.warning("job %d of the job service can't be looked at: %s", job, error)
            return False
        if status.state.ended and status.state is not JobState.COMPLETED:
            log.warning("job %d of the job service ended %s: %s", job, status.state, status.message)
        return status.state.ended

    def _cancel(self, jobs: Sequence[int]) -> None:
        try:
            for job in jobs:
                with suppress(PathNotFound):
                    self._jobs.cancel(job)
        except EngineError as error:
            log.warning("jobs of the job service may go on, since it can't be told to cancel them: %s", error)
