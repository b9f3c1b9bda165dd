"""Looks whether files lie as this process has put them in place, many at a time: one look at each on each tier.

Used in a mover, after the last byte of a job.
"""

import os
from collections.abc import Iterable, Sequence
from typing import Any

from avio.engines.local.directories import Directory
from avio.engines.local.tiers import Copy, TierDirectory, Tiers
from avio.engines.local.transfer.placed import Placed
from avio.errors import EngineError

Parent = tuple[TierDirectory, Directory | None]  # of a file, on a tier; None if the tier has no such directory


def copies_as_placed(tiers: Tiers, placed: Placed, files: Iterable[Sequence[Any]]) -> list[Copy | None]:
    """Return the copy of each file (path and token) that this process has put there as that version, unchanged.

    It is the only copy. None says nothing of a file: `recheck` looks at it. That costs several times as much.
    """
    above = None
    parents: list[Parent] = []
    found: list[Copy | None] = []
    for path, token in files:
        copy = placed.get(path, token)
        try:
            if copy is not None:
                folder, _, name = path.rpartition("/")
                if folder != above:
                    above, parents = folder, [(tier, _parent(tier, path)) for tier in tiers]
                if not _is_alone(copy, name, parents):
                    copy = None
        except (OSError, EngineError):
            above, copy = None, None
        found.append(copy)
    return found


def _parent(tier: TierDirectory, path: str) -> Directory | None:
    try:
        return tier.root.parent(path[1:])[0]
    except FileNotFoundError:
        return None


def _is_alone(copy: Copy, name: str, parents: list[Parent]) -> bool:
    """Return True if `copy` is as it was, and no other tier has a file of its name. Raises OSError."""
    for tier, directory in parents:
        try:
            now = os.stat(name, dir_fd=directory.fd, follow_symlinks=False) if directory is not None else None
        except FileNotFoundError:
            now = None
        if tier is not copy.tier:
            if now is not None:
                return False
        elif now is None or (now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino) != copy[1:]:
            return False
    return True
