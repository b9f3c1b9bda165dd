"""Fetches one object, in as many GETs as the line needs, all of the version that was listed.

Used in the job process, by several threads at once.
"""

from avio.engines.cancel import check_cancelled
from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.store_calls import StoreCalls
from avio.engines.local.buckets.versions import require_version
from avio.engines.local.kernel_copy import write_all
from avio.engines.run import Run
from avio.errors import Corrupt, EngineAway

SEGMENT_BYTES = 32 << 20  # bytes of one ranged GET


class ObjectFetch:
    """One fetch of `source`, called `name` in errors, into the open file `target`."""

    def __init__(self, calls: StoreCalls, name: str, source: Source, target: int, run: Run) -> None:
        self._calls = calls
        self._name = name
        self._source = source
        self._target = target
        self._run = run
        self._received = 0

    def run(self) -> Source:
        """Write all bytes; return the source. A GET that ends early is continued if it brought any bytes.

        Raises OtherVersion before it takes bytes of another version, Corrupt when bytes are missing, EngineAway, Gone.
        """
        while True:
            before = self._received
            try:
                self._get()
            except EngineAway:
                if self._received == before:
                    raise
                continue
            if self._received == self._source.size:
                return self._source
            if self._received == before:
                raise Corrupt(f"{self._name}: received {before} of {self._source.size} bytes")

    def _get(self) -> None:
        begin, size = self._received, self._source.size
        whole = not begin and size <= SEGMENT_BYTES
        span = None if whole else (begin, min(begin + SEGMENT_BYTES, size))
        self._calls.get(self._source.key, span, self._check, self._take)

    def _check(self, now: Source, kind: str) -> None:
        require_version(self._name, now, kind, self._source)

    def _take(self, chunk: memoryview | bytes) -> None:
        check_cancelled(self._run)
        if self._received + len(chunk) > self._source.size:
            raise Corrupt(f"{self._name}: received more than its {self._source.size} bytes")
        write_all(self._target, chunk)
        self._received += len(chunk)
        self._run.moved(len(chunk))
