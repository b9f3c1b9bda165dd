"""Tells the run of the bytes that come of small objects: those of requests under way now and then, all at their end.

Used in the job process and in its movers, by the thread of the requests. Nothing is added to what a chunk costs.
"""

import time
from typing import Protocol

from avio.engines.run import Run

LOOK_SECONDS = 0.2  # between two looks at all requests under way: a slow line has many of them


class Requests(Protocol):
    """Requests under way. `partial` is what `count_partial` has counted of them; those that end are no longer in it."""

    @property
    def partial(self) -> int:
        """The bytes that had come, or left, at the last count."""

    def count_partial(self) -> None:
        """Count them."""


class PartialBytes:
    """What the run was told of `requests`."""

    def __init__(self, run: Run, requests: Requests) -> None:
        self._run = run
        self._requests = requests
        self._told = 0
        self._due = 0.0

    def show(self, whole: int = 0) -> None:
        """Tell the run what has come since the last call. `whole` is in bytes, of objects that are complete now."""
        if (now := time.monotonic()) >= self._due:
            self._due = now + LOOK_SECONDS
            self._requests.count_partial()
        partial = self._requests.partial
        change, self._told = whole + partial - self._told, partial
        if change:
            self._run.advanced(change)
