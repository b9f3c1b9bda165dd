"""The second way, where the workers can't be reached: Alluxio's own load job, by the master's gRPC.

Used in the job process. A job takes a path and all below it: directories are given that hold nothing else, files
where there are none.
"""

import logging
import os
from collections.abc import Sequence

from avio.engines.alluxio.bywindows import ByWindows
from avio.engines.alluxio.carrying import Arrived
from avio.engines.alluxio.covering import cover
from avio.engines.alluxio.errors import Exhausted
from avio.engines.alluxio.listing import below
from avio.engines.alluxio.master import Master
from avio.engines.alluxio.pieces import Arriving
from avio.engines.alluxio.status import Persistence
from avio.engines.alluxio.watching import Statuses
from avio.engines.base import Run
from avio.errors import PathNotFound

JOBS = 50  # jobs abreast; the cluster takes 100
ENDED = ("SUCCEEDED", "FAILED", "STOPPED")
FOREIGN = 4  # a tree is listed up to this many times as many files as are asked for

log = logging.getLogger(__name__)


class ByLoadJob(ByWindows):
    """Jobs for the fewest paths that cover a window."""

    name = "Alluxio's load job"
    size = 5_000  # a preload has no more under way

    def __init__(
        self, master: Master, statuses: Statuses, run: Run, arrived: Arrived, bandwidth: int | None = None
    ) -> None:
        self._master = master
        self._bandwidth = bandwidth
        super().__init__(statuses, run, arrived)

    def load(self, files: Sequence[Arriving]) -> None:
        """Run the jobs of a window, some abreast."""
        waiting = self._paths({file.entry.path for file in files})
        running: list[str] = []
        while (waiting or running) and not self.stopping:
            running = [path for path in running if not self._has_ended(path)]
            while waiting and len(running) < JOBS:
                try:
                    self._master.start_load(waiting[-1], bandwidth=self._bandwidth)
                except Exhausted:
                    break
                running.append(waiting.pop())
            self.pause()
        for path in running:
            self._master.stop_load(path)

    def _paths(self, wanted: set[str]) -> list[str]:
        root = os.path.commonpath([path.rpartition("/")[0] or "/" for path in wanted])
        others = []
        for count, status in enumerate(below(self._master, root, depth=None)):
            if count > FOREIGN * len(wanted):
                return sorted(wanted)  # too much else lies there to look at all of it
            loadable = not status.folder and status.persistence is Persistence.PERSISTED and status.percent < 100
            if loadable and status.path not in wanted:
                others.append(status.path)
        return sorted(cover(wanted, others), reverse=True)

    def _has_ended(self, path: str) -> bool:
        try:
            progress = self._master.load_progress(path)
        except PathNotFound:
            return True
        if progress.state == "FAILED":
            log.warning("Alluxio's load job of %s failed: %s", path, progress.reason)
        return progress.state in ENDED
