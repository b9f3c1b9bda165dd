"""The room of the one preload that a process works on, which its lister and its transfer share.

Used in the job process.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from avio.engines.local.capacity import Capacity
from avio.engines.local.evictions import Evictions
from avio.engines.local.promises import Promises
from avio.engines.local.whole_promises import promises_of
from avio.wire.params import Params


class Admissions:
    """The promises of the job of this process, which its lister and its transfer share."""

    def __init__(self, capacity: Capacity, evictions: Evictions) -> None:
        self._capacity, self._evictions = capacity, evictions
        self._admitted: Promises | None = None

    def admit(self, params: Params) -> Promises:
        """Return new promises, for the transfer too until they are closed."""
        self._admitted = promises_of(self._capacity, params, self._evictions)
        return self._admitted

    def accepts(self, aliases: Iterable[str]) -> bool:
        """Return True if a file of the job may stay on these tiers."""
        return self._admitted is None or self._admitted.accepts(aliases)

    @contextmanager
    def promises(self, params: Params) -> Iterator[Promises]:
        """Yield the promises that the lister fills; if there are none, those of this transfer alone."""
        if self._admitted is not None and not self._admitted.closed:
            yield self._admitted
            return
        own = Promises(self._capacity, params)
        try:
            yield own
        finally:
            own.close()
