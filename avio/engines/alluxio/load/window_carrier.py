"""The base of both fallback carriers: they collect files into windows, and load a window as a whole.

Used in the job process. Alluxio's own loads don't name failed files, so the carrier asks the master afterwards.
"""

import logging
import threading
import time
from abc import abstractmethod
from collections import deque
from collections.abc import Sequence

from avio.engines.alluxio.clients.status import Block
from avio.engines.alluxio.load.block_queue import LoadingFile
from avio.engines.alluxio.load.carrier import Carrier, OnLoaded
from avio.engines.alluxio.load.window_progress import Statuses, WindowProgress
from avio.engines.pay import wait_for_turn
from avio.engines.run import Run
from avio.errors import EngineError

FIRST_FILES = 16  # files of the first window
MAX_BYTES = 1 << 50  # of a window without a bandwidth: no limit
WINDOW_SECONDS = 2.0  # of a bandwidth that a window may take
GATHER_SECONDS = 0.5  # seconds without another file, after which a window is full
POLL_SECONDS = 0.3  # seconds between two checks of a job of Alluxio
LEAVE_SECONDS = 4.0

log = logging.getLogger(__name__)


class WindowCarrier(Carrier):
    """Loads one window after another, in its own thread.

    The first is small, and each is twice as large as the one before, so that progress shows early and a stop is fast.
    """

    size: int  # files of a window, at most

    def __init__(self, statuses: Statuses, run: Run, on_loaded: OnLoaded) -> None:
        self._statuses = statuses
        self._run = run
        self._on_loaded = on_loaded
        self._changed = threading.Condition()
        self._waiting: deque[LoadingFile] = deque()
        self._take = FIRST_FILES
        self._last = time.monotonic()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="windows", daemon=True)
        self._thread.start()

    def carry(self, file: LoadingFile, blocks: Sequence[Block]) -> None:
        """Put the file into the next window. Cached blocks cost nothing."""
        with self._changed:
            file.waiting = sum(block.length for block in blocks)
            self._waiting.append(file)
            self._last = time.monotonic()
            self._changed.notify_all()

    def tick(self) -> None:
        """Do nothing: the thread needs no periodic work."""

    def stop(self) -> None:
        """Stop the running window."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(LEAVE_SECONDS)

    @property
    def stopping(self) -> bool:
        """Return True if the window must be stopped."""
        return self._closed or self._run.stopping()

    @abstractmethod
    def load(self, files: Sequence[LoadingFile]) -> None:
        """Load a window. Return when it has ended or was stopped. Raise EngineError if none of it could begin.

        Call `pause` between two checks of it.
        """

    def pause(self) -> None:
        """Wait a little, and report newly cached files."""
        time.sleep(POLL_SECONDS)
        if self.stopping:
            return
        for file in self._progress.look():
            self._on_loaded(file)

    def _work(self) -> None:
        while not self.stopping:
            window = self._gather()
            size = sum(file.waiting for file in window)
            if not window or not wait_for_turn(self._run, size, lambda: self.stopping):
                continue
            self._progress = WindowProgress(window, self._statuses, self._run)
            try:
                self.load(window)
                if not self.stopping:
                    self._progress.end()
            except EngineError as error:
                for file in self._progress.missing:
                    file.error = error
            for file in self._progress.missing:
                self._on_loaded(file)

    def _gather(self) -> list[LoadingFile]:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._is_full(), POLL_SECONDS)
            if not self._is_full():
                return []
            window = [self._waiting.popleft()]
            most = min(self._take, self._run.concurrency or self._take)
            budget = self._run.bandwidth.piece(MAX_BYTES, WINDOW_SECONDS) - window[0].waiting
            while self._waiting and len(window) < most and self._waiting[0].waiting <= budget:
                budget -= self._waiting[0].waiting
                window.append(self._waiting.popleft())
            self._take = min(self.size, 2 * self._take)
            return window

    def _is_full(self) -> bool:
        if len(self._waiting) >= self._take:
            return True
        return bool(self._waiting) and time.monotonic() - self._last > GATHER_SECONDS
