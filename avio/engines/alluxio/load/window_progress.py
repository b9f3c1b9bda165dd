"""The progress of a running window: finds its cached files, and reports bytes and files as they arrive.

Used in the job process, by the thread of the windows. It asks the master what is cached, since the reports of Alluxio's
jobs are unreliable.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence

from avio.engines.alluxio.clients.status import Status
from avio.engines.alluxio.load.block_queue import LoadingFile
from avio.engines.run import Run
from avio.errors import EngineError

LOOK_SECONDS = 5.0  # seconds between two checks
LOOK_COST_FACTOR = 20  # and at least this many times the duration of a check

Statuses = Callable[[Sequence[str]], Mapping[str, Status | None]]

log = logging.getLogger(__name__)


class WindowProgress:
    """The checks of one window. `file.waiting` is the missing bytes of a file. `run` is told of newly cached bytes."""

    def __init__(self, files: Sequence[LoadingFile], statuses: Statuses, run: Run) -> None:
        self.missing = [*files]  # a path may occur twice
        self._statuses = statuses
        self._run = run
        self._next = time.monotonic() + LOOK_SECONDS

    def look(self) -> list[LoadingFile]:
        """Return newly cached files, each once. Return none before the next check is due."""
        began = time.monotonic()
        if began < self._next:
            return []
        try:
            found = self._statuses([file.entry.path for file in self.missing])
        except EngineError as error:
            log.debug("can't check loaded files: %s", error)
            found = {}
        self._next = time.monotonic() + max(LOOK_SECONDS, LOOK_COST_FACTOR * (time.monotonic() - began))
        for file in self.missing:
            status = found.get(file.entry.path)
            if status is not None and status.blocks:
                self._tell(file, sum(block.length for block in status.blocks if not block.locations))
        come = [file for file in self.missing if not file.waiting]
        self.missing = [file for file in self.missing if file.waiting]
        return come

    def end(self) -> None:
        """Report the remaining bytes: the window has ended, and Alluxio reports all of it as loaded."""
        for file in self.missing:
            self._tell(file, 0)

    def _tell(self, file: LoadingFile, missing: int) -> None:
        if missing < file.waiting:
            self._run.moved(file.waiting - missing)
            self._run.advanced(file.waiting - missing)
            file.come += file.waiting - missing
            file.waiting = missing
