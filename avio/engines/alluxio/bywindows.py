"""What the ways round have in common: files are gathered into windows, and a window is loaded as a whole.

Used in the job process. Neither of Alluxio's own loads tells which file failed: the master is asked afterwards.
"""

import logging
import threading
import time
from abc import abstractmethod
from collections import deque
from collections.abc import Sequence

from avio.engines.alluxio.carrying import Arrived, Carrier
from avio.engines.alluxio.pieces import Arriving
from avio.engines.alluxio.status import Block
from avio.engines.alluxio.watching import Statuses, Watch
from avio.engines.base import Run
from avio.errors import EngineError

FIRST = 16  # files of the first window
GATHER = 0.5  # seconds without another file after which a window is full
LOOK = 0.3  # seconds between two looks at a job of Alluxio's
LEAVE = 4.0

log = logging.getLogger(__name__)


class ByWindows(Carrier):
    """Loads window after window, in a thread of its own.

    The first is small, and each twice as large as the one before: what has arrived shows early, and a stop comes soon.
    """

    size: int  # files of a window, at most

    def __init__(self, statuses: Statuses, run: Run, arrived: Arrived) -> None:
        self._statuses = statuses
        self._run = run
        self._arrived = arrived
        self._changed = threading.Condition()
        self._waiting: deque[Arriving] = deque()
        self._take = FIRST
        self._last = time.monotonic()
        self._closed = False
        self._thread = threading.Thread(target=self._labour, name="windows", daemon=True)
        self._thread.start()

    def carry(self, file: Arriving, blocks: Sequence[Block]) -> None:
        """Put the file into the next window; the blocks that are there already cost nothing."""
        with self._changed:
            file.waiting = sum(block.length for block in blocks)
            self._waiting.append(file)
            self._last = time.monotonic()
            self._changed.notify_all()

    def tick(self) -> None:
        """Do nothing: the thread looks after itself."""

    def leave(self) -> None:
        """Stop the window that is under way."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(LEAVE)

    @property
    def stopping(self) -> bool:
        """Tell whether the window must be stopped."""
        return self._closed or self._run.stopping()

    @abstractmethod
    def load(self, files: Sequence[Arriving]) -> None:
        """Load a window and return when it ended, or was stopped; EngineError when none of it could be begun.

        Call `pause` between two looks at it.
        """

    def pause(self) -> None:
        """Wait a little, and tell what has come meanwhile."""
        time.sleep(LOOK)
        if self.stopping:
            return
        for file in self._watch.look():
            self._arrived(file)

    def _labour(self) -> None:
        while not self.stopping:
            window = self._gather()
            if not window:
                continue
            self._watch = Watch(window, self._statuses, self._run.moved)
            try:
                self.load(window)
                if not self.stopping:
                    self._watch.end()
            except EngineError as error:
                for file in self._watch.missing:
                    file.error = error
            for file in self._watch.missing:
                self._arrived(file)

    def _gather(self) -> list[Arriving]:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._is_full(), LOOK)
            if not self._is_full():
                return []
            window = [self._waiting.popleft() for _ in range(min(self._take, len(self._waiting)))]
            self._take = min(self.size, 2 * self._take)
            return window

    def _is_full(self) -> bool:
        if len(self._waiting) >= self._take:
            return True
        return bool(self._waiting) and time.monotonic() - self._last > GATHER
