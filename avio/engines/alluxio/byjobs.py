"""The third way, where the master's gRPC is closed too: the job service, file by file, with directCache.

Used in the job process. Its COMPLETED is not believed: it loses files silently.
"""

import logging
import time
from collections.abc import Sequence

from avio.engines.alluxio.bywindows import LOOK, ByWindows
from avio.engines.alluxio.carrying import Arrived
from avio.engines.alluxio.jobmaster import JobMaster, JobState
from avio.engines.alluxio.pieces import Arriving
from avio.engines.base import Run
from avio.errors import PathNotFound

log = logging.getLogger(__name__)


class ByJobs(ByWindows):
    """One composite job a window."""

    name = "the job service"
    size = 1_000

    def __init__(self, jobs: JobMaster, run: Run, arrived: Arrived) -> None:
        self._jobs = jobs
        super().__init__(run, arrived)

    def load(self, files: Sequence[Arriving]) -> None:
        """Run the job of a window."""
        job = self._jobs.load([file.entry.path for file in files])
        while not self.stopping:
            try:
                status = self._jobs.status(job)
            except PathNotFound:
                log.warning("the job master forgot job %d: it was restarted", job)
                return
            if status.state.ended:
                if status.state is not JobState.COMPLETED:
                    log.warning("job %d of the job service ended %s: %s", job, status.state, status.message)
                return
            time.sleep(LOOK)
        self._jobs.cancel(job)
