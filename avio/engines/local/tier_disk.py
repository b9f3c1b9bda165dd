"""What the disk of a tier says: its free bytes, and the bytes of finished and unfinished files.

Used in web, intake and the job process. Raises OSError.
"""

import os
from collections.abc import Iterable
from contextlib import suppress

from avio.engines.local.root import HIDDEN
from avio.engines.local.tiers import TierDirectory
from avio.engines.local.tree_walk import Walk, runs
from avio.errors import CacheFull

# Bytes of each disk that no copy takes: directories and the sizes of blocks are not counted.
SPARE_SHARE = 100
SPARE_BYTES = 256 << 20


def disk_free(tier: TierDirectory) -> int:
    """Return the bytes that copies may still take on the disk of `tier`; 0 if it can hold no further file."""
    disk = os.fstatvfs(tier.root.fd)
    if _lacks_inodes(disk):
        return 0
    spare = min(SPARE_BYTES, disk.f_blocks * disk.f_frsize // SPARE_SHARE)
    return max(0, disk.f_bavail * disk.f_frsize - spare)


def no_inodes(tiers: Iterable[TierDirectory]) -> CacheFull | None:
    """Return the error of `tiers` if the disk of one has no free inodes: then its free bytes are of no use."""
    full = [tier.alias for tier in tiers if _lacks_inodes(os.fstatvfs(tier.root.fd))]
    if not full:
        return None
    return CacheFull(
        f"the disk of tier {', '.join(full)} has no free inodes: it can hold no further file, whatever bytes are free",
        cure="remove files there (df -i counts inodes), or make its file system again with more of them",
    )


def _lacks_inodes(disk: os.statvfs_result) -> bool:
    """Return True if no file can be made. Some file systems make inodes as they need them, and count none."""
    return bool(disk.f_files) and not disk.f_favail


def measure(tier: TierDirectory) -> int:
    """Return the bytes of all cached files of `tier`. Walks the whole tier."""
    return sum(found[1] for run in runs(Walk(tier.root, "")) for found in run)


def written(tiers: Iterable[TierDirectory]) -> int:
    """Return the bytes that the unfinished files of all attempts have on disk."""
    total = 0
    for tier in tiers:
        hidden = tier.root.directory(HIDDEN)
        fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=hidden.fd)
        try:
            with os.scandir(fd) as entries:
                attempts = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        finally:
            os.close(fd)
        total += sum(_size(tier, f"{HIDDEN}/{attempt}") for attempt in attempts)
    return total


def _size(tier: TierDirectory, directory: str) -> int:
    total = 0
    with suppress(FileNotFoundError):  # the attempt ends
        fd = tier.root.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with os.scandir(fd) as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
        finally:
            os.close(fd)
    return total
