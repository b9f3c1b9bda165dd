"""The third way, where the master's gRPC is closed too: the job service, file by file, with directCache.

Used in the job process. Its COMPLETED is not believed: it loses files silently.
"""

import logging
import time
from collections.abc import Sequence
from contextlib import suppress

from avio.engines.alluxio.bywindows import LOOK, ByWindows
from avio.engines.alluxio.carrying import Arrived
from avio.engines.alluxio.jobmaster import JobMaster, JobState
from avio.engines.alluxio.pieces import Arriving
from avio.engines.base import Run
from avio.errors import PathNotFound

BATCH = 100  # files of one job

log = logging.getLogger(__name__)


class ByJobs(ByWindows):
    """Some jobs a window, each of a batch of files."""

    name = "the job service"
    size = 1_000

    def __init__(self, jobs: JobMaster, run: Run, arrived: Arrived) -> None:
        self._jobs = jobs
        super().__init__(run, arrived)

    def load(self, files: Sequence[Arriving]) -> None:
        """Run the jobs of a window; those that have not ended when it is left are cancelled."""
        running: list[int] = []
        try:
            for start in range(0, len(files), BATCH):
                paths = [file.entry.path for file in files[start : start + BATCH]]
                running.append(self._jobs.load(paths))
            while not self.stopping and (running := [job for job in running if not self._has_ended(job)]):
                time.sleep(LOOK)
        finally:
            for job in running:
                with suppress(PathNotFound):
                    self._jobs.cancel(job)

    def _has_ended(self, job: int) -> bool:
        try:
            status = self._jobs.status(job)
        except PathNotFound:
            log.warning("the job master forgot job %d: it was restarted", job)
            return True
        if status.state.ended and status.state is not JobState.COMPLETED:
            log.warning("job %d of the job service ended %s: %s", job, status.state, status.message)
        return status.state.ended
