"""Files under the root of the cluster, put there behind Alluxio's back."""

import os
import shutil
import uuid
from contextlib import suppress
from pathlib import Path

from avio.engines.alluxio.clients.cluster import Clients
from avio.engines.alluxio.clients.master import Master
from avio.engines.alluxio.clients.status import Address, Status
from avio.engines.alluxio.clients.worker import LoadBlock
from avio.errors import EngineError
from tests.processes import wait_until

SEEN_LIMIT = 60.0  # seconds until the master has heard of a worker's blocks


class Tree:
    """A fresh directory; `path` is its name in Alluxio, `files` what was put into it."""

    def __init__(self, root: Path, clients: Clients) -> None:
        self.path = f"/{uuid.uuid4().hex}"
        self.files: dict[str, bytes] = {}
        self._root = root
        self._clients = clients

    @property
    def master(self) -> Master:
        """The master, which the settings of these tests name."""
        assert self._clients.master is not None
        return self._clients.master

    @property
    def worker(self) -> Address:
        """The only worker."""
        return self._clients.info.cluster().workers[0].address

    def worker_is_known(self) -> bool:
        """Tell whether the master has heard of the worker."""
        return bool(self._clients.info.cluster(fresh=True).workers)

    def put(self, *names: str, size: int = 1_500_000) -> None:
        """Write files of random bytes, and make Alluxio look."""
        for name in names:
            data = os.urandom(size)
            file = self._root / self.path[1:] / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            self.files[f"{self.path}/{name}"] = data
        self.master.sync(self.path)

    def remove(self) -> None:
        """Remove all files, and make Alluxio look."""
        shutil.rmtree(self._root / self.path[1:], ignore_errors=True)
        with suppress(EngineError):  # a master that a test has ended
            self.master.sync(self.path)

    def statuses(self) -> list[Status]:
        """Return the statuses of all files."""
        return [status for status in self.master.listing(self.path, recursive=True) if not status.folder]

    def blocks(self) -> list[LoadBlock]:
        """Return all blocks of all files."""
        return [
            LoadBlock(block.id, block.length, status.ufs_path, block.offset, status.mount_id)
            for status in self.statuses()
            for block in status.blocks
        ]

    def load(self) -> None:
        """Have the worker load all files, and wait until the master knows."""
        assert self._clients.workers.load(self.worker, self.blocks(), tag="test", limit=60) == []
        self.wait_until_cached(100)

    def wait_until_cached(self, percent: int) -> None:
        """Return once so much of every file is cached."""
        wait_until(
            lambda: {status.percent for status in self.statuses()} == {percent}, SEEN_LIMIT, f"{percent} % cached"
        )
