"""The third carrier, if the master's gRPC is closed too: the job service, file by file, with directCache.

Used in the job process. It does not trust COMPLETED, since the job service loses files silently.
"""

import logging
import time
from collections.abc import Sequence
from contextlib import suppress

from avio.engines.alluxio.clients.job_master import JobMaster, JobServiceAway, JobState
from avio.engines.alluxio.load.block_queue import LoadingFile
from avio.engines.alluxio.load.carrier import OnLoaded
from avio.engines.alluxio.load.window_carrier import WindowCarrier
from avio.engines.alluxio.load.window_progress import Statuses
from avio.engines.run import Run
from avio.errors import EngineAway, EngineError, PathNotFound

BATCH_FILES = 100  # files of one job
TAKE_LIMIT_SECONDS = (
    120.0  # seconds within which the job service must accept a job; a full job master forgets ended jobs after a minute
)

log = logging.getLogger(__name__)


class JobServiceCarrier(WindowCarrier):
    """Loads a window by several jobs, each with a batch of files."""

    name = "the job service"
    size = 1_000

    def __init__(self, jobs: JobMaster, statuses: Statuses, run: Run, on_loaded: OnLoaded) -> None:
        self._jobs = jobs
        super().__init__(statuses, run, on_loaded)

    def load(self, files: Sequence[LoadingFile]) -> None:
        """Run the jobs of a window. Cancel running jobs at the end of the block."""
        running: list[int] = []
        try:
            for start in range(0, len(files), BATCH_FILES):
                self._begin([file.entry.path for file in files[start : start + BATCH_FILES]], running)
            while not self.stopping and (running := [job for job in running if not self._has_ended(job)]):
                self.pause()
        finally:
            self._cancel(running)

    def _begin(self, paths: Sequence[str], running: list[int]) -> None:
        """Add a job to `running` when the job service can take it. A repeated load does no harm."""
        try:
            self._begin_patiently(paths, running)
        finally:
            self._run.waits(None, self)

    def _begin_patiently(self, paths: Sequence[str], running: list[int]) -> None:
        deadline, told = time.monotonic() + TAKE_LIMIT_SECONDS, False
        while not self.stopping:
            try:
                if self._jobs.worker_hosts():
                    running.append(self._jobs.load(paths))
                    return
                reason = "the job service has no job worker"
            except EngineAway as error:
                reason = str(error)
            if time.monotonic() > deadline:
                raise JobServiceAway(f"the job service accepted no load for {TAKE_LIMIT_SECONDS:.0f} s: {reason}")
            if not told:
                self._run.waits(EngineAway(f"a load of {len(paths)} files waits: {reason}"), self)
            told = True
            self.pause()

    def _has_ended(self, job: int) -> bool:
        try:
            status = self._jobs.status(job)
        except PathNotFound:
            log.warning("the job master forgot job %d: it was restarted", job)
            return True
        except EngineAway as error:
            log.warning("can't get the status of job %d of the job service: %s", job, error)
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
            log.warning("jobs of the job service may continue, since the cancel failed: %s", error)
