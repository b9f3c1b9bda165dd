"""The first way: the workers' own Load call, block by block.

Used in the job process.
"""

import threading
from collections.abc import Sequence

from avio.engines.alluxio.carrying import Arrived, Carrier
from avio.engines.alluxio.loading import Loader
from avio.engines.alluxio.pieces import Arriving, Piece
from avio.engines.alluxio.roster import Roster
from avio.engines.alluxio.status import Address, Block
from avio.engines.alluxio.worker import LoadBlock, Workers
from avio.engines.base import Run

LEAVE = 3.0  # seconds that calls under way get to end


class ByWorkers(Carrier):
    """Cuts files into pieces for the loader, and counts the answers."""

    name = "the workers' Load"

    def __init__(
        self, workers: Workers, roster: Roster, run: Run, arrived: Arrived, bandwidth: int | None = None
    ) -> None:
        self._arrived = arrived
        self._lock = threading.Lock()
        self._loader = Loader(workers, roster, run, self._answer, bandwidth)

    def carry(self, file: Arriving, blocks: Sequence[Block]) -> None:
        """Give the blocks to the lanes."""
        status = file.status
        file.waiting = len(blocks)
        self._loader.put(
            [
                Piece(LoadBlock(block.id, block.length, status.ufs_path, block.offset, status.mount_id), file)
                for block in blocks
            ]
        )

    def tick(self) -> None:
        """Look for workers that came or went."""
        self._loader.look_around()

    def leave(self) -> None:
        """Begin no call any more."""
        self._loader.leave(LEAVE)

    def _answer(self, piece: Piece, worker: Address | None, error: Exception | None) -> None:
        file = piece.owner
        with self._lock:
            file.waiting -= 1
            file.error = file.error or error
            last = file.waiting == 0
        if last:
            self._arrived(file)
