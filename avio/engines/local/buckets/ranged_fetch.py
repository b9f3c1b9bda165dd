"""Fetches a span of a large object in ranges, several at a time. More connections as long as they bring more.

Used in the job process and in its movers. Each range must be of the version that was listed.
"""

import os
import threading
import time
from collections.abc import Callable, Sequence

from avio.engines.cancel import check_cancelled
from avio.engines.local.buckets.base import Source, Span
from avio.engines.local.buckets.content_proof import Proof
from avio.engines.local.buckets.lanes import Lanes
from avio.engines.local.buckets.pieces import Pieces
from avio.engines.local.buckets.spans import ReadBack, WholeSpans
from avio.engines.local.buckets.store_calls import Head, StoreCalls
from avio.engines.run import Run
from avio.errors import Corrupt, EngineAway

RANGE_BYTES = 16 << 20
LARGE_BYTES = 4 * RANGE_BYTES  # an object of this size has ranges
LOOK_SECONDS = 0.3  # between two looks at the throughput
WORTH_IT = 1.08  # one more connection must bring so much more
# Seconds of processor time in a second of all connections, from which on the processor is the limit and not the line:
# less than half of all processors, as store, digests and other movers need the rest; 2 is the most of Python's threads.
BUSY_SHARE = min(2.0, 0.4 * len(os.sched_getaffinity(0)))


class RangedFetch:
    """One fetch of `span` of `source`, called `name` in errors, into the same bytes of the open file `target`.

    `check` takes each reply's head. The file has the size of the object.
    """

    def __init__(
        self,
        calls: StoreCalls,
        source: Source,
        span: Span,
        target: int,
        check: Callable[[Head], None],
        name: str,
        lanes: Lanes,
        run: Run,
    ) -> None:
        self._calls = calls
        self._source = source
        self._span = span
        self._target = target
        self._check = check
        self._name = name
        self._lanes = lanes
        self._run = run
        self._changed = threading.Condition()
        self._next = span.begin  # where the next range begins
        self._whole = WholeSpans(span.begin)
        self._moved = 0
        self._working = 0
        self._error: BaseException | None = None

    def run(self, proof: Proof | None) -> None:
        """Write all bytes, and show them to `proof`. Raises what a range raises, first of all."""
        back = ReadBack(self._name, self._target, proof, self._run) if proof is not None else None
        self._lanes.begin()
        self._add_lane(owned=True)
        whole = self._span.begin
        try:
            best, looked, before, spent = 0.0, time.monotonic(), 0, self._lanes.spent
            while whole < self._span.end:
                whole = self._wait_for_more(whole)
                if back is not None:
                    back.show(whole)
                now = time.monotonic()
                if now - looked >= LOOK_SECONDS:
                    rate = (self._moved - before) / (now - looked)
                    busy = self._lanes.spent - spent >= BUSY_SHARE * (now - looked)
                    if rate > best * WORTH_IT and self._lanes.take(self._run, busy=busy):
                        self._add_lane(owned=False)
                    best = best if busy else max(best, rate)  # a busy process tells nothing of the line
                    looked, before, spent = now, self._moved, self._lanes.spent
        finally:
            self._stop()

    def _wait_for_more(self, whole: int) -> int:
        """Wait a moment for more bytes than those up to `whole`. Return up to where all are there."""
        with self._changed:
            self._changed.wait_for(lambda: self._error or self._whole.end > whole, LOOK_SECONDS / 3)
            if self._error is not None:
                raise self._error
            whole = self._whole.end
        check_cancelled(self._run)
        return whole

    def _add_lane(self, *, owned: bool) -> None:
        with self._changed:
            self._working += 1
        try:
            threading.Thread(target=self._work, args=(owned,), daemon=True, name="range").start()
        except RuntimeError as error:  # the machine has no thread left
            self._leave(owned=owned)
            if owned:
                raise EngineAway(f"{self._name}: no thread can be started: {error}") from error

    def _work(self, owned: bool) -> None:
        try:
            while (owned or not self._lanes.too_many(self._run)) and (span := self._take()) is not None:
                began = time.thread_time()
                self._fetch(*span)
                self._lanes.spend(time.thread_time() - began)
                self._end(span)
        except BaseException as error:
            with self._changed:
                self._error = self._error or error
        finally:
            self._leave(owned=owned)

    def _leave(self, *, owned: bool) -> None:
        self._lanes.end() if owned else self._lanes.give()
        with self._changed:
            self._working -= 1
            self._changed.notify_all()

    def _take(self) -> Span | None:
        with self._changed:
            if self._error is not None or self._next >= self._span.end:
                return None
            begin = self._next
            self._next = min(begin + RANGE_BYTES, self._span.end)
            return Span(begin, self._next)

    def _end(self, span: Span) -> None:
        with self._changed:
            self._whole.add(span)
            self._changed.notify_all()

    def _fetch(self, begin: int, end: int) -> None:
        """Fetch a range."""
        pieces = Pieces(self._name, self._target, begin, end, self._run, self._stopping, self._count)

        def get() -> None:
            self._calls.fill(self._source.key, (pieces.place, end), self._check, pieces)

        pieces.fill(get, self._source.size)

    def _stopping(self) -> bool:
        return self._error is not None or self._run.stopping()

    def _count(self, chunks: Sequence[memoryview | bytes]) -> None:
        with self._changed:
            self._moved += sum(map(len, chunks))

    def _stop(self) -> None:
        """Let the threads end: none writes into the file after this."""
        with self._changed:
            self._next = self._span.end
            if self._whole.end < self._span.end:
                self._error = self._error or Corrupt(f"{self._name}: given up")
            self._changed.wait_for(lambda: not self._working)
