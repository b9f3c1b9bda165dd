"""The second carrier, if the workers are unreachable: Alluxio's own load job, by the master's gRPC.

Used in the job process. A load job takes a path and all files below it. So the carrier gives it directories without
other files, and otherwise files.
"""

import logging
import os
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from avio.engines.alluxio.clients.errors import Exhausted
from avio.engines.alluxio.clients.master import Master
from avio.engines.alluxio.clients.status import Persistence
from avio.engines.alluxio.load.block_queue import LoadingFile
from avio.engines.alluxio.load.carrier import OnLoaded
from avio.engines.alluxio.load.window_carrier import WindowCarrier
from avio.engines.alluxio.load.window_progress import Statuses
from avio.engines.alluxio.view.listing import below
from avio.engines.run import Run
from avio.errors import PathNotFound

MAX_JOBS = 50  # parallel jobs; the cluster takes 100
FOREIGN_FACTOR = 4  # a tree is listed up to this many times the number of requested files

log = logging.getLogger(__name__)


class LoadJobCarrier(WindowCarrier):
    """Jobs for the fewest paths that cover a window."""

    name = "Alluxio's load job"
    size = 5_000  # a preload has no more files in flight

    def __init__(
        self, master: Master, statuses: Statuses, run: Run, on_loaded: OnLoaded, bandwidth: int | None = None
    ) -> None:
        self._master = master
        self._bandwidth = bandwidth
        super().__init__(statuses, run, on_loaded)

    def load(self, files: Sequence[LoadingFile]) -> None:
        """Run the jobs of a window, some of them in parallel."""
        waiting = self._paths({file.entry.path for file in files})
        running: list[str] = []
        while (waiting or running) and not self.stopping:
            running = [path for path in running if not self._has_ended(path)]
            while waiting and len(running) < MAX_JOBS:
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
            if count > FOREIGN_FACTOR * len(wanted):
                return sorted(wanted)  # there are too many other files to list all of them
            loadable = not status.folder and status.persistence is Persistence.PERSISTED and status.percent < 100
            if loadable and status.path not in wanted:
                others.append(status.path)
        return sorted(_cover(wanted, others), reverse=True)

    def _has_ended(self, path: str) -> bool:
        try:
            progress = self._master.load_progress(path)
        except PathNotFound:
            return True
        if progress.state == "FAILED":
            log.warning("Alluxio's load job of %s failed: %s", path, progress.reason)
        return progress.ended


def _cover(wanted: Collection[str], others: Iterable[str]) -> list[str]:
    """Return directories and files that cover all of `wanted` and none of `others`. Both are files."""
    spoilt = Counter(parent for path in others for parent in _parents(path))
    wanted_in = Counter(parent for path in wanted for parent in _parents(path))
    found: dict[str, None] = {}
    for path in wanted:
        whole = [parent for parent in _parents(path) if not spoilt[parent] and wanted_in[parent] > 1]
        found[whole[0] if whole else path] = None
    return list(found)


def _parents(path: str) -> list[str]:
    """Return the directories above `path` but the root, outermost first."""
    parts = path.split("/")[1:-1]
    return ["/" + "/".join(parts[: level + 1]) for level in range(len(parts))]
