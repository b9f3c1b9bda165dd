"""Looks at every copy of a tier: when it came, whether a program has read it since, whether its marks say it is saved.

Runs in intake. Asks no store and changes nothing: it opens files for their marks, and reads no byte of them.

A preload sets both times of a copy to those of its object. A read sets the time of access on a mount with relatime,
too, since that time is not behind the other one. So a copy whose two times are the same was not read since it came.
"""

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from avio.engines.left_out import Unreadable
from avio.engines.local.birth import inode_of
from avio.engines.local.freshness import judge
from avio.engines.local.memory_disks import file_system
from avio.engines.local.mounts import Mounts
from avio.engines.local.stamps import Marks, read_marks
from avio.engines.local.tiers import TierDirectory
from avio.engines.local.tree_walk import Walk, runs
from avio.engines.survey import Surveyed
from avio.errors import PathNotFound

# Disks of this machine whose kernel keeps the time of access itself. On others another machine may, or nobody.
KEEP_ACCESS = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "tmpfs", "zfs", "overlay"})


def survey(tier: TierDirectory, mounts: Mounts) -> Iterator[Surveyed]:
    """Yield every copy of `tier` in key order. What can't be opened counts as unsaved. Raises OSError, NodeFault."""
    keeps_access = _keeps_access(tier)
    for key, size, mtime_ns, _ in chain.from_iterable(runs(Walk(tier.root, ""))):
        path = f"/{key}"
        try:
            fd = tier.open_if_there(path)
        except Unreadable:
            yield Surveyed(path, size, mtime_ns, is_unsaved=True)
            continue
        if fd is None:
            continue  # it is gone since
        try:
            yield _looked_at(fd, path, mounts, keeps_access=keeps_access)
        finally:
            os.close(fd)


def _looked_at(fd: int, path: str, mounts: Mounts, *, keeps_access: bool) -> Surveyed:
    status, inode = os.fstat(fd), inode_of(fd)
    marks = _marks(fd, path, mounts)
    if marks is None or judge(None, status.st_size, status.st_mtime_ns, lambda: marks).is_dirty:
        return Surveyed(path, status.st_size, status.st_mtime_ns, is_unsaved=True)
    if not inode.born_ns:
        return Surveyed(path, status.st_size, status.st_mtime_ns)
    if status.st_mtime_ns >= inode.born_ns:  # the object of a preload is older than its copy
        return Surveyed(path, status.st_size, status.st_mtime_ns, is_written=True)
    is_read = status.st_atime_ns != status.st_mtime_ns
    return Surveyed(
        path, status.st_size, status.st_mtime_ns, inode.born_ns, is_read if is_read or keeps_access else None
    )


def _marks(fd: int, path: str, mounts: Mounts) -> Marks | None:
    """Return the marks of a copy; None if no mount of the settings has its path."""
    try:
        return read_marks(fd, mounts.find(path).object_name(path))
    except PathNotFound:
        return None


def _keeps_access(tier: TierDirectory) -> bool:
    """Return True if a read through this mount of the disk of `tier` is seen in the time of access."""
    if os.fstatvfs(tier.root.fd).f_flag & os.ST_NOATIME:
        return False
    return file_system(Path(tier.root.path)) in KEEP_ACCESS
