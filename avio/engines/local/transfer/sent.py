"""The small copies that this process has sent, each with its pending stamp: the check at the end reads no mark again.

Used in the job process and in its movers. Whatever changes a copy after its stamp changes its ctime, or, in the same
tick of the kernel's clock, its mtime, which was not of this tick.
"""

from avio.engines.local.buckets.base import Source
from avio.engines.local.stamps import ObjectName, Stamp, stamp_known
from avio.engines.local.tiers import Copy

MAX_KEPT = 50_000  # copies; about 500 bytes each


class Sent:
    """The copies by their paths, each with the stamp that was put on it, and its ctime after that.

    `changed` are the paths of those that were changed since: only their bytes tell whether they are saved, since a
    stamp allows for some time.
    """

    def __init__(self) -> None:
        self._stamps: dict[str, tuple[Stamp, int]] = {}
        self.changed: set[str] = set()

    def add(self, path: str, stamp: Stamp, ctime_ns: int) -> None:
        """Remember that the store has answered for the copy of `path` with this pending `stamp`."""
        if len(self._stamps) < MAX_KEPT or path in self._stamps:
            self._stamps[path] = stamp, ctime_ns

    def confirm(self, path: str, name: ObjectName, fd: int, copy: Copy, source: Source) -> bool:
        """Return True if `copy`, open as `fd`, lies as it was sent and is `source`, and has a stamp that says so."""
        known = self._stamps.pop(path, None)
        if known is None:
            return False
        stamp, ctime_ns = known
        as_sent = stamp.size, stamp.local_mtime_ns, ctime_ns, stamp.inode
        if (copy.size, copy.mtime_ns, copy.ctime_ns, copy.inode) != as_sent:
            self.changed.add(path)
            return False
        if (source.size, source.etag) != (stamp.size, stamp.etag):
            return False
        return stamp_known(fd, name, stamp.confirmed(source.mtime_ns)) is not None
