"""The files that a transfer takes, one by one, without waiting for them while it has others under way.

Used in the job process and in its movers.
"""

from collections.abc import Iterable
from typing import Protocol

from avio.engines.base import Entry


class EntrySupply(Protocol):
    """Where a transfer takes its files from."""

    @property
    def ended(self) -> bool:
        """True if no file will come."""

    def want(self, files: int) -> None:
        """Have as many files there as may be under way at once."""

    def take(self, seconds: float) -> Entry | None:
        """Return the next file; None if none comes within `seconds`, or none will."""


class IterSupply:
    """The files of an iterable; None in it means that no file is there now."""

    def __init__(self, entries: Iterable[Entry | None]) -> None:
        self._entries = iter(entries)
        self.ended = False

    def want(self, files: int) -> None:
        """They come as they are taken."""

    def take(self, seconds: float) -> Entry | None:
        """Return the next one. The iterable decides how long that takes."""
        for entry in self._entries:
            return entry
        self.ended = True
        return None
