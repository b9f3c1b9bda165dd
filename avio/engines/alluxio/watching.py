"""What of a window is cached already, looked up while it is under way: bytes and files are told as they come.

Used in the job process, by the thread of the windows. The master is asked what is there: what Alluxio's own jobs say of
themselves is not to be believed.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence

from avio.engines.alluxio.pieces import Arriving
from avio.engines.alluxio.status import Status
from avio.errors import EngineError

EVERY = 5.0  # seconds from one look to the next
REST = 20  # and at least so many times as long as the look itself took

Statuses = Callable[[Sequence[str]], Mapping[str, Status | None]]

log = logging.getLogger(__name__)


class Watch:
    """The looks at one window. `file.waiting` is what of a file is missing, in bytes; `moved` is told what came."""

    def __init__(self, files: Sequence[Arriving], statuses: Statuses, moved: Callable[[int], None]) -> None:
        self.missing = [*files]  # a path may be among them twice
        self._statuses = statuses
        self._moved = moved
        self._next = time.monotonic() + EVERY

    def look(self) -> list[Arriving]:
        """Return the files that have come, each once; none before it is time for another look."""
        began = time.monotonic()
        if began < self._next:
            return []
        try:
            found = self._statuses([file.entry.path for file in self.missing])
        except EngineError as error:
            log.debug("what has been loaded can't be looked at: %s", error)
            found = {}
        self._next = time.monotonic() + max(EVERY, REST * (time.monotonic() - began))
        for file in self.missing:
            status = found.get(file.entry.path)
            if status is not None and status.blocks:
                self._tell(file, sum(block.length for block in status.blocks if not block.locations))
        come = [file for file in self.missing if not file.waiting]
        self.missing = [file for file in self.missing if file.waiting]
        return come

    def end(self) -> None:
        """Tell the rest: the window has ended, and all of it is said to be there."""
        for file in self.missing:
            self._tell(file, 0)

    def _tell(self, file: Arriving, missing: int) -> None:
        if missing < file.waiting:
            self._moved(file.waiting - missing)
            file.waiting = missing
