"""Where the bytes of a file go: room that the job process reserves for it, as a transfer asks for it.

Used in the job process, and in its movers, which get files with a tier.
"""

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from avio.engines.base import Entry
from avio.engines.durations import MEASURE_SECONDS
from avio.engines.local.capacity import Capacity, Reservation
from avio.engines.local.promises import Promises
from avio.engines.local.tiers import TierDirectory
from avio.engines.run import Run


class FileRoom(Protocol):
    """The room of a transfer."""

    def accepts(self, aliases: Iterable[str]) -> bool:
        """Return True if a file may stay on these tiers."""

    def reserve(self, entry: Entry, size: int) -> AbstractContextManager[TierDirectory]:
        """Reserve `size` bytes for `entry` on a tier, for a `with` block. Raises CacheFull."""


class PromisedRoom:
    """Room of what was promised to the job."""

    def __init__(self, promises: Promises, run: Run) -> None:
        self._promises = promises
        self._run = run
        self.accepts = promises.accepts

    def reserve_all(self, size: int) -> Reservation | None:
        """Reserve `size` bytes for several files, if so many were promised."""
        return self._promises.reserve_promised(size)

    def reserve(self, entry: Entry, size: int) -> Reservation:
        """Reserve what was promised; without that, what is free."""
        reserved = self._promises.reserve_promised(size)
        if reserved is not None:
            return reserved
        with self._run.silent(MEASURE_SECONDS):
            return self._promises.reserve(size)


class AssignedRoom:
    """Room that the job process has reserved: each file has its tier. Files that grew get room of their own."""

    def __init__(self, capacity: Capacity) -> None:
        self._capacity = capacity
        self._by_alias: dict[str, TierDirectory] = {}
        self._tiers: dict[str, tuple[TierDirectory, int]] = {}
        self._own: set[str] = set()
        self._left: Collection[str] = ()

    def assign(self, path: str, alias: str, size: int, left: Collection[str]) -> None:
        """Note that the job process has reserved `size` bytes for `path` on tier `alias`, and what it has left."""
        tier = self._by_alias.get(alias)
        if tier is None:
            [tier] = self._capacity.asked(alias)
            self._by_alias[alias] = tier
        self._tiers[path] = (tier, size)
        self._left = left

    def reserved(self, path: str, size: int) -> TierDirectory | None:
        """Return the tier that has `size` bytes reserved for `path`; None if another size is reserved."""
        tier, assigned = self._tiers[path]
        return tier if size == assigned else None

    def accepts(self, aliases: Iterable[str]) -> bool:
        """Return True unless the job has left one of the tiers."""
        return not self._left or not any(alias in self._left for alias in aliases)

    def reserve(self, entry: Entry, size: int) -> AbstractContextManager[TierDirectory]:
        """Return the assigned tier, with room of its own if the file has another size now."""
        tier, assigned = self._tiers[entry.path]
        if size == assigned:
            self._own.discard(entry.path)
            return nullcontext(tier)
        self._own.add(entry.path)
        return self._capacity.reserve(size, [tier])

    def end(self, path: str) -> bool:
        """Forget `path`. Return True if it has used what the job process had reserved for it."""
        del self._tiers[path]
        if path not in self._own:
            return True
        self._own.remove(path)
        return False
