"""The keys by which attempts sign their events, remembered: a reader of the stream needs them for each batch.

Used by aggregator and web, one for each reader.
"""

from collections.abc import Mapping

from avio.db import event_keys
from avio.db.connection import borrow

MAX_KEYS = 10_000


class EventKeys:
    """Gives the keys of attempts. Asks the database only about attempts that it does not know; raises its errors."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], str] = {}

    def __call__(self, attempts: set[tuple[str, int]]) -> Mapping[tuple[str, int], str]:
        """Return the key of each of `attempts` that there is, "" if it signs nothing."""
        if jobs := {job for job, number in attempts if (job, number) not in self._known}:
            with borrow():
                found = event_keys.of_jobs(jobs)
            if len(self._known) + len(found) > MAX_KEYS:
                self._known = {attempt: self._known[attempt] for attempt in attempts & self._known.keys()}
            self._known |= {attempt: found[attempt] for attempt in attempts & found.keys()}
        return {attempt: self._known[attempt] for attempt in attempts & self._known.keys()}
