"""Decides which copy into a bucket may begin: the first copy of each job worker runs alone.

Used in the job process, by one thread. Pure. From 2.9.4 on, Alluxio opens its client of a bucket twice when the first
two copies of a job worker begin together, and closes the one that both use: each later copy there fails, until the job
worker is restarted (`UfsManager.UfsClient.acquireUfsResource`, issue 18643).
"""

from collections import Counter
from typing import NamedTuple

from avio.engines.alluxio.clients.status import Status


class Client(NamedTuple):
    """A job worker (by the worker beside it) and a mount: together they have one client of the bucket."""

    host: str
    mount_id: int


class CopyGate:
    """The gate of one attempt. For each file that may begin, call `ended` or `passed`."""

    def __init__(self) -> None:
        self._open: set[Client] = set()
        self._alone: dict[Client, str] = {}
        self._age = 0  # rises when a job worker may have been restarted
        self._begun: dict[str, int] = {}

    def may_begin(self, status: Status) -> bool:
        """Return True if the copy of a file may begin. Otherwise ask again after another copy has ended."""
        client = _client(status)
        if client is None or client in self._open or self._alone.setdefault(client, status.path) == status.path:
            self._begun[status.path] = self._age
            return True
        return False

    def ended(self, path: str) -> None:
        """The copy of a file has ended, with or without success. Waiting copies may begin."""
        self._open |= self._leave(path)

    def passed(self, path: str) -> None:
        """There was nothing to copy. The next copy runs alone."""
        self._leave(path)

    def lost(self, path: str) -> None:
        """The copy of a file may be lost with its job worker. The next copy runs alone again."""
        if self._begun.get(path) == self._age:
            self._age += 1
            self._open.clear()
            self._alone.clear()

    def _leave(self, path: str) -> set[Client]:
        """Return the clients at which the file blocked others."""
        self._begun.pop(path, None)
        held = {client for client, alone in self._alone.items() if alone == path}
        for client in held:
            del self._alone[client]
        return held


def _client(status: Status) -> Client | None:
    """Return the client that copies a file: the job worker beside the worker with most of it. None for `file://`."""
    if "://" not in status.ufs_path:
        return None
    held: Counter[str] = Counter()
    for block in status.blocks:
        for location in block.locations:
            held[location.worker.host] += block.length
    return Client(max(held, key=lambda host: held[host], default=""), status.mount_id)
