"""Reads an object of the bucket through a worker, without the cache: to compare it, and to check that it exists.

Used in the job process. The worker has the bucket's keys; avio needs none.
"""

import random
from collections.abc import Iterator

from avio.engines.alluxio.clients.status import Status
from avio.engines.alluxio.clients.worker import Workers
from avio.engines.alluxio.view.roster import Roster
from avio.engines.alluxio.view.savable import conflict
from avio.errors import EngineAway, PathNotFound


class UfsReader:
    """Reads through any worker that answers. Safe to use from several threads."""

    def __init__(self, workers: Workers, roster: Roster) -> None:
        self._workers = workers
        self._roster = roster

    def read(self, status: Status, offset: int, length: int) -> Iterator[bytes]:
        """Yield bytes `offset` to `offset + length` of the object of a file, in chunks; fewer if it is shorter.

        Raises EngineAway if no worker answers, PathNotFound if there is no object.
        """
        live = self._roster.live()
        if not live:
            raise EngineAway("no worker answers, so avio can't check the bucket")
        worker = random.choice(live).address
        yield from self._workers.read_object(worker, status.ufs_path, status.mount_id, offset=offset, length=length)

    def must_be_free(self, status: Status) -> None:
        """Raise NotSaved if the bucket has an object in an unsaved file's place. Alluxio would delete the object."""
        try:
            for _ in self.read(status, 0, 1):
                break
        except PathNotFound:
            return
        raise conflict(status)
