"""A large object in spans that several processes fetch into one file, and what of the file is whole meanwhile.

Used in the job process and in its movers. Opens nothing.
"""

import os

from avio.engines.cancel import check_cancelled
from avio.engines.local.buckets.base import Span
from avio.engines.local.buckets.content_proof import Proof
from avio.engines.run import Run
from avio.errors import Corrupt

SPREAD_BYTES = 256 << 20  # an object of this size is worth several processes
LEAST_SPAN_BYTES, MOST_SPAN_BYTES = 64 << 20, 1 << 30
SPANS_EACH = 4  # of one process: none waits long for the last one
READ_BYTES = 256 << 10  # that are read back at a time: they stay in the processor's cache for the digest


def spans_of(size: int, processes: int) -> list[Span]:
    """Return the spans of `size` bytes for so many processes."""
    step = min(MOST_SPAN_BYTES, max(LEAST_SPAN_BYTES, size // (processes * SPANS_EACH)))
    return [Span(begin, min(begin + step, size)) for begin in range(0, size, step)]


class WholeSpans:
    """The spans of a file that are whole, in any order. All bytes up to `end` are there."""

    def __init__(self, begin: int) -> None:
        self.end = begin
        self._ends: dict[int, int] = {}

    def add(self, span: Span) -> None:
        """Note that the bytes of `span` are there."""
        self._ends[span.begin] = span.end
        while self.end in self._ends:
            self.end = self._ends.pop(self.end)


class ReadBack:
    """Shows the bytes of the open file `target` to `proof`, in order, as they become whole. `name` is for errors."""

    def __init__(self, name: str, target: int, proof: Proof, run: Run) -> None:
        self._name = name
        self._target = target
        self._proof = proof
        self._run = run
        self._buffer = memoryview(bytearray(READ_BYTES))
        self.shown = 0

    def show(self, end: int) -> None:
        """Show the bytes up to `end`. Raises Stopped, and Corrupt if the file has become shorter."""
        while self.shown < end:
            check_cancelled(self._run)
            size = os.preadv(self._target, [self._buffer[: end - self.shown]], self.shown)
            if not size:
                raise Corrupt(f"{self._name}: its file was cut off while it was written")
            self._proof.update(self._buffer[:size])
            self.shown += size
            self._run.checked(0)
