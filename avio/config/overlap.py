"""Refuses tiers that share a directory with another tier or with a `file://` bucket, or lie inside one.

Two tiers of one directory lock one book twice; a tier inside a bucket is loaded into itself. Opens no connection.
"""

import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from urllib.parse import unquote, urlsplit

from avio.config.local import Mount, TierSpec

LOOK_SECONDS = 3.0  # a dead network mount never answers; then the paths are compared as they are written

_Inode = tuple[int, int]


@dataclass(slots=True)
class _Place:
    """A directory of the settings: its real path, and the inodes of it (first) and of those above it, if known."""

    name: str
    path: Path
    is_tier: bool
    inodes: list[_Inode | None] = field(default_factory=lambda: [None])

    def look(self) -> None:
        """Resolve symlinks and read inodes. May hang on a dead mount."""
        try:
            real = Path(os.path.realpath(self.path))
        except ValueError:  # a NUL in the path: it is no directory
            return
        inodes = [_inode(each) for each in (real, *real.parents)]
        self.path, self.inodes = real, inodes

    def equals(self, other: "_Place") -> bool:
        """Return True if both are one directory, also by symlinks, bind mounts or two mounts of one share."""
        return self.path == other.path or (self.inodes[0] is not None and self.inodes[0] == other.inodes[0])

    def is_inside(self, other: "_Place") -> bool:
        """Return True if this directory lies below the other."""
        return other.path in self.path.parents or (other.inodes[0] is not None and other.inodes[0] in self.inodes[1:])


def overlaps(mounts: Mapping[str, Mount], tiers: Sequence[TierSpec]) -> Iterator[str]:
    """Yield a message for each tier that overlaps with another tier or with a bucket. Waits at most LOOK_SECONDS."""
    places = [_Place(f"tier {tier.alias} at {tier.path}", _written(tier.path), is_tier=True) for tier in tiers]
    for path, mount in mounts.items():
        parts = urlsplit(mount.url)
        if parts.scheme == "file" and parts.path.startswith("/"):
            directory = unquote(parts.path)
            places.append(_Place(f"the bucket of {path} at {directory}", _written(directory), is_tier=False))
    if len(places) > 1:
        _look_at_all(places)
    for one, other in combinations(places, 2):
        if not one.is_tier and not other.is_tier:
            continue
        if one.equals(other):
            yield f"{one.name} and {other.name} are the same directory; give each tier a directory of its own"
        elif one.is_inside(other):
            yield f"{one.name} is inside {other.name}; move the tier to a directory outside"
        elif other.is_inside(one):
            yield f"{other.name} is inside {one.name}; move the tier to a directory outside"


def _look_at_all(places: Sequence[_Place]) -> None:
    looks = [threading.Thread(target=place.look, daemon=True) for place in places]
    for look in looks:
        look.start()
    end = time.monotonic() + LOOK_SECONDS
    for look in looks:
        look.join(max(0.0, end - time.monotonic()))


def _written(path: str | Path) -> Path:
    return Path("/", os.path.normpath(path).lstrip("/"))


def _inode(path: Path) -> _Inode | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
