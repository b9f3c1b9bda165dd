"""Statuses that a walk has just read, so that the load need not ask for them again.

Used in the job process, by the thread that lists and the thread that loads. Each status is returned once, and only
for a short time: the final check asks again.
"""

import threading
import time

from avio.engines.alluxio.clients.status import Status

MAX_STATUSES = 20_000  # statuses, of about half a KiB each
FRESH_SECONDS = 10.0


class StatusCache:
    """The newest statuses of a walk."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._statuses: dict[str, tuple[float, Status]] = {}

    def put(self, status: Status) -> None:
        """Keep a status. Drop the oldest if there are too many."""
        with self._lock:
            self._statuses[status.path] = (time.monotonic(), status)
            if len(self._statuses) > MAX_STATUSES:
                del self._statuses[next(iter(self._statuses))]

    def take(self, path: str) -> Status | None:
        """Return the status of `path` if it was read recently."""
        with self._lock:
            since, status = self._statuses.pop(path, (float("-inf"), None))
        return status if time.monotonic() - since < FRESH_SECONDS else None
