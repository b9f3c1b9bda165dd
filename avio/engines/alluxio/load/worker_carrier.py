"""The first carrier: the workers' own Load call, block by block.

Used in the job process.
"""

import threading
from collections.abc import Sequence

from avio.engines.alluxio.clients.status import Address, Block
from avio.engines.alluxio.clients.worker import LoadBlock, Workers
from avio.engines.alluxio.load.block_loader import BlockLoader
from avio.engines.alluxio.load.block_queue import BlockTask, LoadingFile
from avio.engines.alluxio.load.carrier import Carrier, OnLoaded
from avio.engines.alluxio.view.holdings import Holdings
from avio.engines.alluxio.view.roster import Roster
from avio.engines.run import Run

LEAVE_SECONDS = 3.0  # seconds for running calls to end


class WorkerCarrier(Carrier):
    """Gives the blocks of files to the loader, and counts the answers."""

    name = "the workers' Load"

    def __init__(
        self,
        workers: Workers,
        roster: Roster,
        holdings: Holdings,
        run: Run,
        on_loaded: OnLoaded,
        bandwidth: int | None = None,
    ) -> None:
        self._on_loaded = on_loaded
        self._lock = threading.Lock()
        self._loader = BlockLoader(workers, roster, run, self._on_block_done, holdings, bandwidth)

    def carry(self, file: LoadingFile, blocks: Sequence[Block]) -> None:
        """Give the blocks to the lanes."""
        status = file.status
        file.waiting = len(blocks)
        self._loader.put(
            [
                BlockTask(LoadBlock(block.id, block.length, status.ufs_path, block.offset, status.mount_id), file)
                for block in blocks
            ]
        )

    def tick(self) -> None:
        """Check for new and lost workers."""
        self._loader.poll_workers()

    def stop(self) -> None:
        """Start no new call."""
        self._loader.stop(LEAVE_SECONDS)

    def _on_block_done(self, task: BlockTask, worker: Address | None, error: Exception | None) -> None:
        file = task.file
        with self._lock:
            file.waiting -= 1
            file.error = file.error or error
            last = file.waiting == 0
        if last:
            self._on_loaded(file)
