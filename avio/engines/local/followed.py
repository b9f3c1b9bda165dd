"""The tiers as a save that follows symlinks sees them: a link counts as the file that it leads to, inside its mount.

Used in the job process and in its movers. A name is resolved by the kernel, which lets it not out of the tier, and then
opened without any link: what a program puts there in between is not followed. A link has no mark of its own: its file
may be the copy of another object. So its bytes tell whether the bucket has it.
"""

import os
import stat

from avio.engines.local.mounts import Mounts
from avio.engines.local.tiers import OpenCopy, TierDirectory, Tiers
from avio.errors import PathNotFound


class FollowedTier(TierDirectory):
    """`tier`, with links that stay inside the directory of their mount."""

    follows = True

    def __init__(self, tier: TierDirectory, mounts: Mounts) -> None:
        self._tier = tier
        self.alias = tier.alias
        self.capacity = tier.capacity
        self.root = tier.root
        self._mounts = mounts

    def __eq__(self, other: object) -> bool:
        """Return True for the same tier: the books of the tiers know it."""
        return other is self._tier or (isinstance(other, FollowedTier) and other._tier is self._tier)

    def __hash__(self) -> int:
        """Return the hash of the tier."""
        return hash(self._tier)

    def stat(self, path: str) -> os.stat_result | None:
        """Return the stat of the file at `path`, or of the one that a link leads to."""
        status = super().stat(path)
        if status is not None and not stat.S_ISLNK(status.st_mode):
            return status
        name = self._real_name(path)
        return self.root.stat(name) if name is not None else None

    def accepts(self, path: str) -> bool:
        """Return True if the link at `path` leads to something inside the directory of its mount."""
        return self._real_name(path) is not None

    def takes_marks(self, path: str) -> bool:
        """Return True if the file lies at `path` itself, without a link on the way."""
        status = self.root.stat(path[1:])
        return status is not None and stat.S_ISREG(status.st_mode)

    def _open(self, path: str) -> int:
        name = None if self.takes_marks(path) else self._real_name(path)
        return super()._open(path if name is None else f"/{name}")

    def _real_name(self, path: str) -> str | None:
        name = self.root.real_name(path[1:])
        if name is None:
            return None
        try:
            inside = self._mounts.find(f"/{name}") is self._mounts.find(path)
        except PathNotFound:
            return None
        return name if inside else None


class FollowedTiers(Tiers):
    """All tiers of `tiers`, with their links."""

    def __init__(self, tiers: Tiers, mounts: Mounts) -> None:
        super().__init__([FollowedTier(each, mounts) for each in tiers])

    def open_only(self, path: str) -> OpenCopy | None:
        """Return None for a link, too: its file takes no mark."""
        if not all(tier.takes_marks(path) or tier.stat(path) is None for tier in self):
            return None
        return super().open_only(path)
