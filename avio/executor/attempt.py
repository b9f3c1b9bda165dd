"""The attempt that the job process runs: its counters, and whether it must stop.

Implements `Run` of the engine contract. Any thread may call it; `supervisor.child` sets stop and deadline.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import CLOCK_BOOTTIME, clock_gettime

from avio.engines.bandwidth import Bandwidth
from avio.engines.base import Engine, Entry
from avio.engines.content import Content
from avio.engines.movers.page import Page
from avio.engines.movers.pool import Start
from avio.engines.movers.shares import Shares
from avio.engines.silences import Silences
from avio.executor.in_flight import InFlightBytes
from avio.executor.left_out_counts import LeftOutCounts
from avio.executor.phase_clock import PhaseClock
from avio.executor.taken_files import TakenFiles
from avio.executor.waits import Waits
from avio.undecoded import readable
from avio.wire.limits import NO_LIMITS, Limits
from avio.wire.progress import Counters, ErrorGroup, Progress, Reserved, joined_groups
from avio.wire.results import Outcome
from avio.wire.states import Phase

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.2  # between two looks at the reasons to end a wait


class Stopped(Exception):
    """The attempt was asked to stop, or its lease is over."""


class Attempt:
    """One attempt of one job. `deadline` is in seconds on CLOCK_BOOTTIME: after it, nothing may be published.

    Each step of progress calls `beat` with the number of files in place; an attempt without beats has stalled.
    `threads` is how many files may be worked on at once. `bytes_before` crossed the wire in earlier attempts.
    `page` tells its movers of stop and deadline; without `start_mover` the process moves the files itself.
    """

    def __init__(
        self,
        job: str,
        number: int,
        beat: Callable[[int], None] = lambda _: None,
        threads: int = 8,
        bytes_before: int = 0,
        limits: Limits = NO_LIMITS,
        page: Page | None = None,
        start_mover: Start | None = None,
    ) -> None:
        self.job = job
        self.number = number
        self.threads = threads
        self._limits = limits
        self.bandwidth = Bandwidth(limits.bandwidth)
        self._beat = beat
        self.page = page or Page()
        self.page.limits = limits
        self.start_mover = start_mover
        self.shares = Shares()
        self._stop, self._lock = threading.Event(), threading.Lock()
        self.phases = PhaseClock()
        self.rechecked = 0  # files that the present verification has looked at
        self.in_flight, self.waiting = InFlightBytes(), Waits()
        self.advanced, self.waits = self.in_flight.add, self.waiting.say
        self.steps = 0  # of progress, of any kind
        self.silent_after = Engine.silent_after
        self.taken = TakenFiles(self.waiting)
        self.under_way, self.waits_for = self.taken.under_way, self.taken.waits_for
        self.reserved: Callable[[], dict[str, int]] = dict  # tells what it was promised, by tier
        self._total_complete = False
        self._counters = Counters(bytes_wire=bytes_before)
        self._silences = Silences()
        self._errors: dict[str, ErrorGroup] = {}
        self._left_out = LeftOutCounts()
        self.gave_way = 0  # bytes of other data that give way to the job's
        self._contents: Counter[Content] = Counter()
        self.selection = ""  # in words, what the order named and did not take
        self.remark = ""  # in words, what else a person should know of the files

    @property
    def name(self) -> str:
        """`<job>.<attempt>`, for the names of temporaries."""
        return f"{self.job}.{self.number}"

    @property
    def deadline(self) -> float:
        """The end of the lease, in seconds on CLOCK_BOOTTIME."""
        return self.page.deadline

    @deadline.setter
    def deadline(self, moment: float) -> None:
        self.page.deadline = moment

    @property
    def concurrency(self) -> int | None:
        """How many files or requests may be under way now; None: as many as help."""
        return self._limits.concurrency

    def limit(self, limits: Limits) -> None:
        """Set the limits, from now on."""
        if limits == self._limits:
            return
        log.info("limits: %s", limits)
        self._limits = self.page.limits = limits
        self.bandwidth.set(limits.bandwidth)

    def stop(self) -> None:
        """Ask the attempt to stop: nothing new begins, nothing unfinished is published."""
        self.page.stop()
        self._stop.set()

    def stopping(self) -> bool:
        """Return True if the attempt must stop: on request, or because its deadline is over."""
        return self._stop.is_set() or clock_gettime(CLOCK_BOOTTIME) > self.page.deadline

    def asked_to_stop(self) -> bool:
        """Return True if it was asked to."""
        return self._stop.is_set()

    def raise_if_stopping(self) -> None:
        """Raise Stopped if the attempt must stop."""
        if self.stopping():
            raise Stopped

    def pause(self, seconds: float) -> None:
        """Wait up to `seconds`, but not beyond a request to stop; raises Stopped."""
        self._stop.wait(seconds)
        self.raise_if_stopping()

    def wait(self, seconds: float, leave: Callable[[], bool]) -> None:
        """Wait up to `seconds`, but not beyond `leave()`, and beat meanwhile; raises Stopped.

        The caller bounds the sum of its waits, since a waiting attempt is never taken for a stalled one.
        """
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not leave():
            self.checked()
            self.pause(min(LOOK_SECONDS, left))

    @contextmanager
    def silent(self, seconds: float) -> Iterator[None]:
        """Allow a `with` block that shows no progress, e.g. an fsync, to take up to `seconds`: it beats so long."""
        try:
            with self._silences.one(seconds):
                yield
        finally:
            self.checked()

    def beat_for_silent(self) -> None:
        """Beat if a `silent` block is within its time. Called twice a second."""
        if self._silences.last > time.monotonic():
            self.checked()

    def bytes_moved(self) -> int:
        """Return the bytes that crossed the wire."""
        with self._lock:
            return self._counters.bytes_wire

    def begin(self, phase: Phase) -> None:
        """Enter `phase`."""
        self.phases.begin(phase)

    def moved(self, size: int) -> None:
        """Count `size` bytes that crossed the wire."""
        with self._lock:
            self._counters.bytes_wire += size
            self._step()

    def listed(self, size: int, files: int = 1) -> None:
        """Count a file of the order, of `size` bytes, or `files` together."""
        with self._lock:
            self._counters.files_total += files
            self._counters.bytes_total += size
            self._step()

    def left_out(self, path: str, reason: str, hint: str, *, excused: bool) -> None:
        """Count a file that the job can't handle. It is an error unless the order has `excused` it."""
        with self._lock:
            self._counters.files_left_out += 1
            self._left_out.add(path, reason, hint, excused=excused)
            self._step()

    def left_out_by_reason(self) -> tuple[dict[str, int], int]:
        """Return how many files were left out by each reason, and how many of all are not excused."""
        with self._lock:
            return dict(self._left_out.by_reason), self._left_out.unexcused

    def listed_all(self) -> None:
        """Mark the totals as final."""
        with self._lock:
            self._total_complete = True

    def arrived(self, size: int, *, skipped: bool, listed: int | None = None, files: int = 1, moved: int = 0) -> None:
        """Count a file of `size` bytes, or `files` together, in place; `skipped` if it was in place before.

        `listed` is its size in the total so far, which follows. `moved` of the bytes were in flight.
        """
        with self._lock:
            self._counters.bytes_total += 0 if listed is None else size - listed
            self._counters.files_done += files
            self._counters.bytes_done += size
            self.in_flight.add(-moved)
            if skipped:
                self._counters.files_skipped += files
                self._counters.bytes_skipped += size
            self._step()

    def shared(self, size: int) -> None:
        """Count a file that arrived as one that another job has moved since the listing."""
        with self._lock:
            self._counters.files_shared += 1
            self._counters.bytes_shared += size

    def knows(self, *contents: Content) -> None:
        """Count files that were moved, by what is known of the bytes of each."""
        with self._lock:
            self._contents.update(contents)
            self._counters.files_repaired += contents.count(Content.REPAIRED)

    def contents(self) -> Mapping[Content, int]:
        """Return how many of the moved files had each content."""
        return dict(self._contents)

    def compared(self, outcome: Outcome, size: int) -> None:
        """Count a file of `size` bytes of which a check knows how bucket and cache stand to each other."""
        name = "done" if outcome is Outcome.SAME else outcome.value
        with self._lock:
            for counter, amount in ((f"files_{name}", 1), (f"bytes_{name}", size)):
                setattr(self._counters, counter, getattr(self._counters, counter) + amount)
            self._step()

    def kept(self, size: int) -> None:
        """Count a file that stays as it is: the cache keeps its own version."""
        with self._lock:
            self._counters.files_kept += 1
            self._counters.bytes_kept += size
            self._step()

    def settle_kept(self, files: int, size: int, conflicts: ErrorGroup) -> None:
        """Set what was kept to what was found at the end. `conflicts` are those of them that changed on both sides."""
        with self._lock:
            self._counters.files_kept, self._counters.bytes_kept = files, size
            if conflicts.count:
                self._errors[conflicts.reason] = conflicts

    def checked(self, size: int = 0) -> None:
        """Record that an entry, or `size` bytes of one, were checked again."""
        with self._lock:
            self._step()

    def failed(self, entry: Entry, reason: str, hint: str, *, retryable: bool) -> None:
        """Count a file that is given up, under its `reason`."""
        with self._lock:
            self._counters.files_failed += 1
            self._counters.bytes_failed += entry.size or 0
            group = self._errors.setdefault(reason, ErrorGroup(reason, retryable=retryable, hint=hint))
            group.add(readable(entry.path))
            self._step()

    def settle(self, files: int, size: int, *, whole: bool = False) -> None:
        """Set what is done to what was verified: `files` of `size` bytes.

        With `whole` every file was looked at: the total is what is done, kept and failed, in the sizes of now.
        """
        with self._lock:
            counters = self._counters
            counters.settle(files, size)
            if whole:
                counters.bytes_total = size + counters.bytes_kept + counters.bytes_failed

    def progress(self) -> Progress:
        """Return a copy of the progress, without a speed."""
        with self._lock:
            errors = joined_groups(self._errors, self._left_out.errors)
            progress = Progress(self.phases.current, self._total_complete, self._counters.bounded(), errors=errors)
            progress.movers, progress.waiting = self.shares.told(), self.waiting.told()
            progress.reserved = [Reserved(tier, size) for tier, size in self.reserved().items()]
            progress.bytes_in_flight = max(0, min(self.in_flight.bytes, progress.counters.bytes_left))
            return progress

    def outcome(self) -> Progress:
        """Return what to judge: the progress without the errors of files that are left out, which did not fail."""
        with self._lock:
            errors = joined_groups(self._errors)
            return Progress(self.phases.current, self._total_complete, self._counters.bounded(), errors=errors)

    def _step(self) -> None:
        """Beat. The caller holds the lock: the heartbeat page takes one writer at a time."""
        self.steps += 1
        self._beat(self._counters.files_done)
