"""Hands entries to an engine's workers, and holds all of them back while the store is unavailable.

Runs in the job process: the engine's threads take, the moving thread reports the outcome of each.
"""

import time
from collections.abc import Iterable, Iterator

from avio.engines.base import Entry
from avio.errors import EngineAway
from avio.executor.attempt import Attempt
from avio.executor.patience import Patience


class Feed:
    """The entries of one call of the engine.

    As many failures in a row as the attempt has threads mean that the store is unavailable. An engine that shares its
    work gets None while no entry is there, each `step` seconds at least.
    """

    def __init__(self, attempt: Attempt, patience: Patience, step: float | None = None) -> None:
        self._attempt, self._patience = attempt, patience
        self._step = step
        self._under_way: dict[str, Entry] = {}
        self._resume_at = 0.0
        self._in_a_row = 0
        self._left = False
        self.taken = 0

    def give(self, entries: Iterable[Entry | None]) -> Iterator[Entry | None]:
        """Yield `entries`, none while the feed pauses, and none after `leave`. None: no entry is there now."""
        for entry in entries:
            while (left := self._resume_at - time.monotonic()) > 0 and not self._left:
                self._attempt.wait(left if self._step is None else min(left, self._step), lambda: self._left)
                if self._step is not None:
                    yield None
            if self._left:
                return
            if entry is not None:
                self._under_way[entry.path] = entry
                self.taken += 1
            yield entry

    def under_way(self) -> int:
        """Return the number of entries that were taken and have no outcome."""
        return len(self._under_way)

    def put_aside(self, entry: Entry) -> None:
        """Record that nobody moves `entry` now."""
        self._under_way.pop(entry.path, None)

    def done(self, entry: Entry) -> None:
        """Record that `entry` is in place: the store is there."""
        self._under_way.pop(entry.path, None)
        self._in_a_row = 0

    def all_done(self, entries: Iterable[Entry]) -> None:
        """Record that `entries` are in place."""
        for entry in entries:
            self._under_way.pop(entry.path, None)
        self._in_a_row = 0

    def failed(self, entry: Entry, error: Exception, reached: int) -> None:
        """Record a failure. Pause the feed if the store is unavailable; raises EngineAway after too long."""
        self._under_way.pop(entry.path, None)
        if not isinstance(error, EngineAway):
            return
        self._in_a_row += 1
        if self._in_a_row >= self._attempt.threads and time.monotonic() >= self._resume_at:
            self._resume_at = time.monotonic() + self._patience.next_pause(error, reached)
            self._in_a_row = 0

    def leave(self) -> list[Entry]:
        """End the feed and return the entries that were taken and have no outcome."""
        self._left = True
        return list(self._under_way.values())
