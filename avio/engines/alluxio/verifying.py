"""Compares the cached bytes of a file with its object, block by block, both read through the workers.

Used in the job process. A block that differs is dropped from the cache, so that it is loaded again.
"""

import logging
from collections.abc import Iterator
from itertools import zip_longest

from avio.engines.alluxio.bucketlook import BucketLook
from avio.engines.alluxio.roster import Roster
from avio.engines.alluxio.status import Block, Location, Status
from avio.engines.alluxio.worker import Workers
from avio.errors import EngineError, Gone

PIECE = 1 << 20  # bytes that are compared at a time

log = logging.getLogger(__name__)


class Verifying:
    """The comparisons of one attempt. Safe to call from several threads.

    `dropped` tells that a block is gone of which the master may not know yet.
    """

    def __init__(self, workers: Workers, look: BucketLook, roster: Roster) -> None:
        self._workers = workers
        self._look = look
        self._roster = roster
        self.dropped = False

    def is_sound(self, status: Status) -> bool:
        """Tell whether all cached bytes of a file are those of its object; every replica that differs is dropped."""
        found = [self._is_sound(status, block, place) for block in status.blocks for place in block.locations]
        return all(found)

    def is_same(self, status: Status) -> bool:
        """Tell whether the object at the place of a file has its bytes, and no more; nothing is dropped."""
        places = [(block, self._roster.best(block.locations)) for block in status.blocks]
        cached = (
            data
            for block, place in places
            if place is not None
            for data in self._workers.read(place.worker, block.id, block.length)
        )
        return _alike(cached, self._look.read(status, 0, status.length + 1))

    def _is_sound(self, status: Status, block: Block, place: Location) -> bool:
        if not self._roster.counts(place):
            return True
        cached = self._workers.read(place.worker, block.id, block.length)
        try:
            if _alike(cached, self._look.read(status, block.offset, block.length)):
                return True
        except Gone as error:
            log.warning("%s: block %d can't be compared: %s", status.path, block.id, error)
            self.dropped = True
            return False
        log.warning(
            "%s: block %d on worker %s differs from the bucket and is dropped", status.path, block.id, place.worker
        )
        self.dropped = True
        try:
            self._workers.remove(place.worker, block.id)
        except EngineError as error:
            log.warning("block %d could not be dropped: %s", block.id, error)
        return False


def _alike(ours: Iterator[bytes], theirs: Iterator[bytes]) -> bool:
    return all(mine == other for mine, other in zip_longest(_pieces(ours), _pieces(theirs)))


def _pieces(stream: Iterator[bytes]) -> Iterator[bytes]:
    """Cut a stream into pieces of the same size, however it comes."""
    rest = bytearray()
    for data in stream:
        rest += data
        while len(rest) >= PIECE:
            yield bytes(rest[:PIECE])
            del rest[:PIECE]
    if rest:
        yield bytes(rest)
