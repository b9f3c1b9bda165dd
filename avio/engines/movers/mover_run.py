"""The attempt as the engine sees it in a mover process: stop and deadline from the shared page, progress into it.

Used in a mover process, by all of its threads.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import CLOCK_BOOTTIME, clock_gettime

from avio.engines.bandwidth import Bandwidth
from avio.engines.movers.page import Page, Shown
from avio.engines.silences import Silences
from avio.errors import EngineError
from avio.wire.limits import NO_LIMITS, Limits


class MoverRun:
    """`Run` of the mover at `place`. `name` and `threads` are the attempt's.

    `tell_wait` gets why the mover waits, and None when it no longer does.
    """

    def __init__(self, page: Page, place: int, name: str, threads: int) -> None:
        self.name = name
        self.threads = threads
        self._page = page
        self._place = place
        self._limits = NO_LIMITS
        self._limits_mark = (0, 0, 0)
        self._bandwidth = Bandwidth()
        self._lock = threading.Lock()
        self._left = self._waits = False
        self._moved = self._checked = self._beats = self._advanced = 0
        self.tell_wait: Callable[[EngineError | None], object] = lambda _: None
        self._silences = Silences()

    @property
    def concurrency(self) -> int | None:
        """This mover's share of the attempt's limit."""
        return self._share().concurrency

    @property
    def bandwidth(self) -> Bandwidth:
        """What this mover's transfers spend: its share of the attempt's."""
        self._share()
        return self._bandwidth

    def _share(self) -> Limits:
        mark = self._page.limits_mark
        if mark != self._limits_mark:
            limits = self._page.limits.share(self._page.movers)
            if limits.bandwidth != self._limits.bandwidth:
                self._bandwidth.set(limits.bandwidth)
            self._limits, self._limits_mark = limits, mark  # read before the limits: a change meanwhile is seen later
        return self._limits

    def want(self, rows: int) -> None:
        """Ask for as many rows as may be under way at once."""
        self._page.want(self._place, rows)

    def leave(self) -> None:
        """Stop: the job process is gone, or does not want the rest."""
        self._left = True

    def stopping(self) -> bool:
        """Return True if the attempt must stop, its lease is over, or nobody takes the results.

        It stays so if the lease is renewed late: what was given up meanwhile has no result, and others do it.
        """
        self._left = self._left or self._page.ends(self._place, clock_gettime(CLOCK_BOOTTIME))
        return self._left

    def moved(self, size: int) -> None:
        """Count `size` bytes that crossed the wire."""
        with self._lock:
            self._moved += size
            self._show()

    def advanced(self, size: int) -> None:
        """Count `size` bytes that came of files under way; below 0 they are taken back."""
        with self._lock:
            self._advanced = max(0, self._advanced + size)
            self._page.advance(self._place, self._advanced)

    def waits(self, error: EngineError | None, of: object) -> None:
        """Tell the job process why this mover waits, or that it no longer does."""
        if error is not None or self._waits:
            self._waits = error is not None
            self.tell_wait(error)

    def checked(self, size: int) -> None:
        """Count `size` bytes that were read back."""
        with self._lock:
            self._checked += size
            self._show()

    @contextmanager
    def silent(self, seconds: float) -> Iterator[None]:
        """Allow a `with` block to show no progress for up to `seconds`."""
        try:
            with self._silences.one(seconds):
                self.checked(0)
                yield
        finally:
            self.checked(0)

    def _show(self) -> None:
        self._beats += 1
        shown = Shown(self._moved, self._checked, self._beats, self._silences.last)
        self._page.show(self._place, shown)
