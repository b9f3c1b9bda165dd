"""The attempt that the job process runs: its counters, and whether it must leave.

The `Run` of the engine contract. Any thread may ask and count; the keeper's side sets stop and deadline.
"""

import threading
from collections.abc import Callable
from dataclasses import replace

from avio.clock import boottime
from avio.engines.base import Entry
from avio.wire.progress import Counters, ErrorGroup, Progress
from avio.wire.states import Phase


class Stopped(Exception):
    """The attempt was asked to leave, or its lease is over."""


def _unseen(_: int) -> None:
    """Nobody watches whether the work goes on."""


class Attempt:
    """One attempt of one job. `deadline` is on CLOCK_BOOTTIME: past it, nothing may be published any more.

    `beat` is called, with the files in place, by whatever gets the work further: an attempt without it stalls.
    """

    def __init__(self, job: str, number: int, beat: Callable[[int], None] = _unseen) -> None:
        self.job = job
        self.number = number
        self._beat = beat
        self.deadline = float("inf")
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._phase = Phase.LISTING
        self._total_complete = False
        self._counters = Counters()
        self._errors: dict[str, ErrorGroup] = {}

    @property
    def name(self) -> str:
        """`<job>.<attempt>`, for the names of temporaries."""
        return f"{self.job}.{self.number}"

    def stop(self) -> None:
        """Ask the attempt to leave: nothing new begins, nothing unfinished is published."""
        self._stop.set()

    def stopping(self) -> bool:
        """Tell whether the attempt must leave, by request or because its own clock says so."""
        return self._stop.is_set() or boottime() > self.deadline

    def asked_to_stop(self) -> bool:
        """Tell whether it was by request."""
        return self._stop.is_set()

    def leave_if_stopping(self) -> None:
        """Raise Stopped when the attempt must leave."""
        if self.stopping():
            raise Stopped

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than until the attempt must leave."""
        self._stop.wait(seconds)
        self.leave_if_stopping()

    def begin(self, phase: Phase) -> None:
        """Enter `phase`."""
        with self._lock:
            self._phase = phase

    def moved(self, size: int) -> None:
        """Count bytes that crossed the wire."""
        with self._lock:
            self._counters.bytes_wire += size
            self._further()

    def listed(self, size: int) -> None:
        """Count a file that is asked for."""
        with self._lock:
            self._counters.files_total += 1
            self._counters.bytes_total += size
            self._further()

    def listed_all(self) -> None:
        """The totals are final."""
        with self._lock:
            self._total_complete = True

    def arrived(self, size: int, *, skipped: bool) -> None:
        """Count a file that is where it should be."""
        with self._lock:
            self._counters.files_done += 1
            self._counters.bytes_done += size
            if skipped:
                self._counters.files_skipped += 1
                self._counters.bytes_skipped += size
            self._further()

    def checked(self) -> None:
        """An entry was looked at once more."""
        with self._lock:
            self._further()

    def failed(self, entry: Entry, reason: str, hint: str, *, retryable: bool) -> None:
        """Count a file that is given up."""
        with self._lock:
            self._counters.files_failed += 1
            self._counters.bytes_failed += entry.size or 0
            group = self._errors.setdefault(reason, ErrorGroup(reason, retryable=retryable, hint=hint))
            group.add(entry.path)
            self._further()

    def settle(self, files: int, size: int) -> None:
        """Set what is done to what was verified: the end tells what is there, not what was tried."""
        with self._lock:
            counters = self._counters
            counters.files_done, counters.bytes_done = files, size
            counters.files_skipped = min(counters.files_skipped, files)
            counters.bytes_skipped = min(counters.bytes_skipped, size)

    def start_over(self) -> None:
        """Forget the counters, but not the bytes moved: the work begins again and finds what is done."""
        with self._lock:
            self._counters = Counters(bytes_wire=self._counters.bytes_wire)
            self._errors = {}
            self._total_complete = False

    def progress(self) -> Progress:
        """Return a copy of how far the attempt is, without a speed."""
        with self._lock:
            groups = [replace(group, samples=list(group.samples)) for group in self._errors.values()]
            return Progress(self._phase, self._total_complete, replace(self._counters), errors=groups)

    def _further(self) -> None:
        """Under the lock: the pulse has one writer at a time."""
        self._beat(self._counters.files_done)
