"""What a walk has seen of each file, its blocks and its place in the bucket: the load need not ask for it again.

Used in the job process, by the thread that lists and the thread that loads. Memory stays flat however many files there
are: the entry of a file with one block tells all but its place, which follows from that of its mount.
"""

import threading
from typing import NamedTuple

from avio.engines.alluxio.clients.status import Block, Persistence, Status
from avio.engines.alluxio.view.entries import single_block
from avio.engines.alluxio.view.status_cache import StatusCache
from avio.engines.base import Entry, EntryState


class _Root(NamedTuple):
    """A part of the namespace and its place in a bucket. Neither ends in a slash."""

    path: str
    ufs_path: str
    mount_id: int

    def place_of(self, path: str) -> tuple[str, int]:
        """Return the place in the bucket, and the mount, of a file below it."""
        return self.ufs_path + path[len(self.path) :], self.mount_id


class ListedBlocks:
    """What the walks of one job have seen. The check at its end asks again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._roots: tuple[_Root, ...] = ()
        self._contradicted = False
        self._others = StatusCache()

    def note(self, status: Status) -> None:
        """Keep what the walk has read of a file of the bucket."""
        if not self._follows(status) or len(status.blocks) != 1 or status.blocks[0].locations:
            self._others.put(status)

    def take(self, entry: Entry) -> Status | None:
        """Return the status of a file that was listed, None if it must be asked for: also if its state is unknown."""
        if entry.state is EntryState.UNKNOWN:  # another job may have loaded it since
            self._others.take(entry.path)
            return None
        block = single_block(entry.token) if entry.state is EntryState.REMOTE and entry.saved is not False else None
        if block is None or entry.modified is None or self._contradicted or (root := self._root(entry.path)) is None:
            return self._others.take(entry.path)
        ufs_path, mount_id = root.place_of(entry.path)
        return Status(
            path=entry.path,
            folder=False,
            length=block[1],
            completed=True,
            persistence=Persistence.PERSISTED,
            mount_point=False,
            mount_id=mount_id,
            ufs_path=ufs_path,
            blocks=(Block(*block, 0, ()),),
            percent=0,
            modified=round(entry.modified * 1000),
            fingerprint="",
            pinned=False,
        )

    def _root(self, path: str) -> _Root | None:
        """Return the root of a path, None if it is not below exactly one: a mount inside another may be either's."""
        found = [root for root in self._roots if path.startswith(root.path + "/")]
        return found[0] if len(found) == 1 else None

    def _follows(self, status: Status) -> bool:
        """Return True if the place of a file follows from its path, maybe as the first one of its mount."""
        if self._contradicted:
            return False
        place = (status.ufs_path, status.mount_id)
        root = self._root(status.path)
        if root is not None and root.place_of(status.path) == place:
            return True
        root = _root_of(status)
        if root is None:
            return False
        with self._lock:
            roots = {*self._roots, root}
            # Before the roots: `take` reads both without the lock.
            self._contradicted = len(roots) > len({each.path for each in roots})
            self._roots = tuple(roots)
        return not self._contradicted and self._root(status.path) is not None


def _root_of(status: Status) -> _Root | None:
    """Return the highest root from which the place of a file follows: its path and its place end alike below it."""
    path, ufs_path = status.path.split("/"), status.ufs_path.split("/")
    alike = 0
    while alike < min(len(path), len(ufs_path)) - 1 and path[-1 - alike] == ufs_path[-1 - alike]:
        alike += 1
    if not alike:
        return None
    return _Root("/".join(path[:-alike]), "/".join(ufs_path[:-alike]), status.mount_id)
