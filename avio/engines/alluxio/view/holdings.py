"""How many bytes of the order's files each worker has: a worker that is full of them takes no more.

Used in the job process, from any thread.
"""

from collections import Counter
from collections.abc import Mapping

from avio.engines.alluxio.clients.status import Address, Status


class Count:
    """The bytes of files on each worker that has their blocks."""

    def __init__(self) -> None:
        self.bytes: Counter[Address] = Counter()

    def add(self, status: Status) -> None:
        """Count the blocks of a file."""
        for block in status.blocks:
            for location in block.locations:
                self.bytes[location.worker] += block.length


class Holdings:
    """What the last count found. Before the first one, all that the workers have may be the order's own."""

    def __init__(self) -> None:
        self._bytes: Mapping[Address, int] = {}
        self._assumed = False

    def assume(self, used: Mapping[Address, int]) -> None:
        """Take all bytes that the workers have for the order's own, so that none of them gives way yet."""
        self._bytes, self._assumed = dict(used), True

    def replace(self, count: Count) -> None:
        """Take over what was counted."""
        self._bytes, self._assumed = dict(count.bytes), False

    def forget_assumption(self) -> bool:
        """Forget what was only assumed. Return False if there was nothing like that."""
        if not self._assumed:
            return False
        self._bytes, self._assumed = {}, False
        return True

    def of(self, worker: Address) -> int:
        """Return the bytes on a worker."""
        return self._bytes.get(worker, 0)
