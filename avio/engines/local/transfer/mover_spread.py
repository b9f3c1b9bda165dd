"""Has all movers fetch spans of one very large object into its temporary file.

Runs in the job process, in the threads of a preload, one object at a time. `mover_spans` is the other side.
"""

import threading
from collections.abc import Callable, Generator, Iterator
from typing import Any, cast

from avio.engines.cancel import POLL_SECONDS, check_cancelled
from avio.engines.local.buckets.base import OtherVersion, Source, Span
from avio.engines.local.buckets.spans import SPREAD_BYTES, spans_of
from avio.engines.movers.batches import Batch
from avio.engines.movers.packets import Row, error_of
from avio.engines.movers.pool import Pool
from avio.engines.run import Run
from avio.wire.params import Params

Results = Generator[tuple[Batch, list[Row]], None, None]


def worth_it(size: int, pool: Pool) -> bool:
    """Return True if several movers bring an object of `size` bytes sooner than one."""
    return size >= SPREAD_BYTES and pool.most > 1


class _Leaving:
    """The run of a spread: the attempt's, which must stop once the spread is closed."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.closed = False

    def stopping(self) -> bool:
        return self.closed or self._run.stopping()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run, name)


class MoverSpread:
    """The movers of `pool`, which nothing else uses before `close` has returned."""

    def __init__(self, pool: Pool, params: Params, run: Run) -> None:
        self._pool = pool
        self._params = params
        self._leaving = _Leaving(run)
        self._run = cast("Run", self._leaving)
        self._turn = threading.Lock()  # of the thread that brings an object
        self._step = threading.RLock()  # held while a thread uses the pool, not while it reads back what came
        self._results: Results | None = None

    def close(self) -> None:
        """Take the movers from a thread that still brings an object: it is `Stopped` when it asks for more."""
        self._leaving.closed = True
        with self._step:
            self._end()

    def bring(
        self, path: str, source: Source, alias: str, name: str, adopt: Callable[[int], object]
    ) -> Iterator[tuple[Span, bool]]:
        """Yield the spans of `source`, the object of `path`, that are in the file `name` of a tier: see `Spread`.

        `adopt` gets the bytes of each, which are under way until the file is in place.
        """
        spans = spans_of(source.size, self._pool.most)
        batches = (
            Batch([[path, source.token, alias, name, *span]], [span], size=span.end - span.begin) for span in spans
        )
        while not self._turn.acquire(timeout=POLL_SECONDS):
            check_cancelled(self._run)
        try:
            while (step := self._next(batches)) is not None:
                batch, results = step
                for place, may_differ, row, is_other_version in results:
                    if row is not None:
                        error = error_of(row)
                        raise OtherVersion(str(error)) if is_other_version else error
                    span = batch.work[place]
                    batch.settle(span.end - span.begin)
                    adopt(span.end - span.begin)
                    yield span, may_differ
            check_cancelled(self._run)
        finally:
            with self._step:
                self._end()
            self._turn.release()

    def _next(self, batches: Iterator[Batch]) -> tuple[Batch, list[Row]] | None:
        """Return the next results of the movers, None after the last ones."""
        with self._step:
            check_cancelled(self._run)
            if self._results is None:
                self._results = self._pool.spread("span", self._params, batches, self._run)
            return next(self._results, None)

    def _end(self) -> None:
        """Let the movers leave. The step is held."""
        if self._results is not None:
            self._results.close()
            self._results = None
