"""Who may begin a copy into a bucket now: the first by each job worker goes alone.

Used in the job process, by one thread. Pure. From 2.9.4 on, Alluxio opens its client of a bucket twice when the first
two copies of a job worker begin together, and closes the one that both use: each later copy there fails, until the job
worker is restarted (`UfsManager.UfsClient.acquireUfsResource`, issue 18643).
"""

from collections import Counter
from typing import NamedTuple

from avio.engines.alluxio.status import Status


class Client(NamedTuple):
    """What opens a client of its own: a job worker, by the worker beside it, for a mount."""

    host: str
    mount_id: int


class Turns:
    """The turns of one attempt. Of each file that may begin, `ended` or `passed` is told."""

    def __init__(self) -> None:
        self._open: set[Client] = set()
        self._alone: dict[Client, str] = {}
        self._age = 0  # rises when a job worker may have been restarted
        self._begun: dict[str, int] = {}

    def may_begin(self, status: Status) -> bool:
        """Tell whether the copy of a file may begin; where it may not, ask again once another has ended."""
        client = _client(status)
        if client is None or client in self._open or self._alone.setdefault(client, status.path) == status.path:
            self._begun[status.path] = self._age
            return True
        return False

    def ended(self, path: str) -> None:
        """The copy of a file has ended, well or not: those that it held up may begin."""
        self._open |= self._leave(path)

    def passed(self, path: str) -> None:
        """There was nothing to copy: the next goes alone."""
        self._leave(path)

    def lost(self, path: str) -> None:
        """The copy of a file was lost with its job worker, or may have been: the next goes alone again."""
        if self._begun.get(path) == self._age:
            self._age += 1
            self._open.clear()
            self._alone.clear()

    def _leave(self, path: str) -> set[Client]:
        """Return what the file has held up others at."""
        self._begun.pop(path, None)
        held = {client for client, alone in self._alone.items() if alone == path}
        for client in held:
            del self._alone[client]
        return held


def _client(status: Status) -> Client | None:
    """Return what copies a file: the job worker beside the worker with most of it; None for a local directory."""
    if "://" not in status.ufs_path:
        return None
    held: Counter[str] = Counter()
    for block in status.blocks:
        for location in block.locations:
            held[location.worker.host] += block.length
    return Client(max(held, key=lambda host: held[host], default=""), status.mount_id)
