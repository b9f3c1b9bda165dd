"""The results of a mover, sent to the job process some at a time.

Used in a mover process, by all of its threads.
"""

import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterable

from avio.engines.movers.packets import PACKET_BYTES, Row, described, packed
from avio.errors import EngineError

FLUSH_ROWS = 100
FLUSH_SECONDS = 0.1  # results wait no longer than this for others


class Outbox:
    """Results on their way. Raises OSError when the job process is gone."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._lock = threading.RLock()
        self._results: dict[int, list[Row]] = defaultdict(list)
        self._waiting = 0
        self._since = 0.0

    def add(self, batch: int, result: Row) -> None:
        """Add the result of a row of `batch`."""
        self.add_all([(batch, result)])

    def add_all(self, results: Iterable[tuple[int, Row]]) -> None:
        """Add results of rows, each with the number of its batch."""
        with self._lock:
            for batch, result in results:
                if not self._waiting:
                    self._since = time.monotonic()
                self._results[batch].append(result)
                self._waiting += 1
                if self._waiting >= FLUSH_ROWS:
                    self.flush()

    def flush_if_due(self) -> None:
        """Send what has waited long enough."""
        if self._waiting and time.monotonic() - self._since >= FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Send all results."""
        with self._lock:
            for batch, results in self._results.items():
                self._send(batch, results)
            self._results.clear()
            self._waiting = 0

    def fail(self, error: Row) -> None:
        """Say that the task can't go on."""
        self.flush()
        self._sock.send(packed(["failed", error]))

    def waits(self, error: EngineError | None) -> None:
        """Say that all rows wait for a store, and why; None: no longer. What came before waits no longer either."""
        self.flush()
        self._sock.send(packed(["waits", None if error is None else described(error)]))

    def _send(self, batch: int, results: list[Row]) -> None:
        packet = packed(["done", batch, results])
        if len(packet) > PACKET_BYTES and len(results) > 1:
            half = len(results) // 2
            self._send(batch, results[:half])
            self._send(batch, results[half:])
            return
        self._sock.send(packet)
