"""Compares the cached bytes of a file with its object, block by block, both read through the workers.

Used in the job process. A block that differs is dropped from the cache, so that it is loaded again.
"""

import logging
from collections.abc import Callable, Iterator
from itertools import zip_longest

from avio.engines.alluxio.clients.status import Block, Location, Status
from avio.engines.alluxio.clients.worker import Workers
from avio.engines.alluxio.view.roster import Roster
from avio.engines.alluxio.view.ufs_reader import UfsReader
from avio.errors import EngineError, Gone

CHUNK_BYTES = 1 << 20  # bytes compared at a time

log = logging.getLogger(__name__)


class ContentCheck:
    """The comparisons of one attempt. Safe to call from several threads.

    It calls `checked` with the number of bytes as it goes.
    `dropped` is True after a block was dropped; the master may not know this yet.
    """

    def __init__(self, workers: Workers, ufs_reader: UfsReader, roster: Roster, checked: Callable[[int], None]) -> None:
        self._workers = workers
        self._ufs_reader = ufs_reader
        self._roster = roster
        self._checked = checked
        self.dropped = False

    def is_sound(self, status: Status) -> bool:
        """Return True if all cached bytes of a file equal those of its object. Drop every replica that differs."""
        found = [self._is_sound(status, block, replica) for block in status.blocks for replica in block.locations]
        return all(found)

    def is_same(self, status: Status) -> bool:
        """Return True if the object of a file has exactly its bytes. Drops nothing."""
        replicas = [(block, self._roster.best(block.locations)) for block in status.blocks]
        cached = (
            data
            for block, replica in replicas
            if replica is not None
            for data in self._workers.read(replica.worker, block.id, block.length)
        )
        return self._alike(cached, self._ufs_reader.read(status, 0, status.length + 1))

    def _is_sound(self, status: Status, block: Block, replica: Location) -> bool:
        if not self._roster.counts(replica):
            return True
        cached = self._workers.read(replica.worker, block.id, block.length)
        try:
            if self._alike(cached, self._ufs_reader.read(status, block.offset, block.length)):
                return True
        except Gone as error:
            log.warning("%s: can't compare block %d: %s", status.path, block.id, error)
            self.dropped = True
            return False
        log.warning(
            "%s: dropped block %d of worker %s, which differs from the bucket", status.path, block.id, replica.worker
        )
        self.dropped = True
        try:
            self._workers.remove(replica.worker, block.id)
        except EngineError as error:
            log.warning("can't drop block %d: %s", block.id, error)
        return False

    def _alike(self, ours: Iterator[bytes], theirs: Iterator[bytes]) -> bool:
        for mine, other in zip_longest(_chunks(ours), _chunks(theirs)):
            if mine != other:
                return False
            self._checked(len(mine))
        return True


def _chunks(stream: Iterator[bytes]) -> Iterator[bytes]:
    """Cut a stream into chunks of the same size."""
    rest = bytearray()
    for data in stream:
        rest += data
        while len(rest) >= CHUNK_BYTES:
            yield bytes(rest[:CHUNK_BYTES])
            del rest[:CHUNK_BYTES]
    if rest:
        yield bytes(rest)
