"""Statuses that a walk has just seen, so that the load behind it need not ask for them again.

Used in the job process, by the thread that lists and the one that loads. Each is given out once, and not for long:
whatever counts at the end is asked afresh.
"""

import threading
import time

from avio.engines.alluxio.status import Status

MOST = 20_000  # statuses, of about half a KiB each
FRESH = 10.0  # seconds


class Seen:
    """The newest statuses of a walk."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._statuses: dict[str, tuple[float, Status]] = {}

    def put(self, status: Status) -> None:
        """Keep a status, and let the oldest go where there are too many."""
        with self._lock:
            self._statuses[status.path] = (time.monotonic(), status)
            if len(self._statuses) > MOST:
                del self._statuses[next(iter(self._statuses))]

    def take(self, path: str) -> Status | None:
        """Return the status of `path` if it was seen a moment ago."""
        with self._lock:
            since, status = self._statuses.pop(path, (float("-inf"), None))
        return status if time.monotonic() - since < FRESH else None
