"""The tiers: directories that hold cached files as `<tier>/<path>`, best first.

Used in web and the job process. What is in a tier is read from the disk alone, there is no index.
"""

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, NamedTuple

from avio.engines.local.buckets.base import Source
from avio.engines.local.errors import tier_errors
from avio.engines.local.freshness import Freshness, judge
from avio.engines.local.root import Root
from avio.engines.local.stamps import Stamp, read_stamp
from avio.errors import EngineAway


class TierDirectory:
    """One tier: its alias, its capacity in bytes, its directory."""

    def __init__(self, alias: str, path: str, capacity: int) -> None:
        self.alias = alias
        self.capacity = capacity
        self.root = Root(path, make=True)

    @contextmanager
    def opened(self, path: str) -> Iterator[int]:
        """Yield the cached file at `path`, open for reading; OSError where it can't be."""
        fd = self._open(path)
        try:
            yield fd
        finally:
            os.close(fd)

    def stamp_of(self, path: str) -> Stamp | None:
        """Return the stamp of the cached file at `path`."""
        try:
            fd = self._open(path)
        except OSError:
            return None
        try:
            return read_stamp(fd)
        finally:
            os.close(fd)

    def _open(self, path: str) -> int:
        return self.root.open_file(path[1:], os.O_RDONLY | os.O_NONBLOCK)


class Copy(NamedTuple):
    """A cached file as it lies on a tier."""

    tier: TierDirectory
    size: int
    mtime_ns: int


# What a path's copies must be looked at for first: what would be lost, then what is of use.
_PRECEDENCE = (Freshness.CONFLICT, Freshness.DIRTY, Freshness.CACHED, Freshness.STALE)


def best_of(path: str, source: Source | None, copies: Sequence[Copy]) -> tuple[Copy, Freshness]:
    """Return the copy that counts of those that a path has (best tier first, at least one), and how it stands."""
    if len(copies) == 1:
        copy = copies[0]
        return copy, judge(source, copy.size, copy.mtime_ns, copy.tier.stamp_of, path)
    judged = [best_of(path, source, [copy]) for copy in copies]
    return min(judged, key=lambda each: _PRECEDENCE.index(each[1]))


class Tiers:
    """All tiers, best first."""

    def __init__(self, tiers: Sequence[TierDirectory]) -> None:
        self._tiers = tiers

    def __iter__(self) -> Iterator[TierDirectory]:
        """Iterate, best first."""
        return iter(self._tiers)

    def copies(self, path: str) -> list[Copy]:
        """Return the copies of the file `path`, best tier first; what is no plain file is none."""
        found = []
        for tier in self._tiers:
            with tier_errors(f"tier {tier.alias}: {path}"):
                status = tier.root.stat(path[1:])
            if status is not None and stat.S_ISREG(status.st_mode):
                found.append(Copy(tier, status.st_size, status.st_mtime_ns))
        return found

    def has_directory(self, path: str) -> bool:
        """Tell whether some tier has the directory `path`."""
        found = (tier.root.stat(path[1:]) for tier in self._tiers)
        return any(status is not None and stat.S_ISDIR(status.st_mode) for status in found)

    def drop(self, path: str, copies: Sequence[Copy]) -> None:
        """Remove those of `copies` of `path` that are still as they were: a better one has made them useless."""
        for copy in copies:
            with tier_errors(f"tier {copy.tier.alias}: {path}"), suppress(FileNotFoundError):
                status = copy.tier.root.stat(path[1:])
                if status is not None and (status.st_size, status.st_mtime_ns) == (copy.size, copy.mtime_ns):
                    copy.tier.root.unlink(path[1:])

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Let each thread hold the last directory it was in on each tier: for work on many files."""
        with ExitStack() as held:
            for tier in self._tiers:
                held.enter_context(tier.root.holding())
            yield

    def roots(self) -> Iterator[Root]:
        """Iterate over the directories of the tiers."""
        return (tier.root for tier in self._tiers)

    def check(self) -> None:
        """Return when every tier can be written to; raise EngineAway naming the one that can't."""
        for tier in self._tiers:
            try:
                if not os.access(".", os.W_OK | os.X_OK, dir_fd=tier.root.fd) or _read_only(tier.root.fd):
                    raise PermissionError("it can't be written to")
            except OSError as error:
                raise EngineAway(
                    f"tier {tier.alias} at {tier.root.path}: {error.strerror or error}",
                    cure="check the disk of the tier",
                ) from None


def _read_only(fd: int) -> bool:
    return bool(os.fstatvfs(fd).f_flag & os.ST_RDONLY)


def open_tiers(settings: Sequence[Mapping[str, Any]]) -> Tiers:
    """Return the tiers of `settings` (alias, path, capacity); ValueError names the one that is wrong."""
    tiers = []
    for place, tier in enumerate(settings):
        if tier["capacity"] <= 0:
            raise ValueError(f"tiers.{place}.capacity: {tier['capacity']} holds nothing; give bytes, above 0")
        if not os.path.isabs(tier["path"]):
            raise ValueError(f"tiers.{place}.path: {tier['path']!r} is not absolute; begin it with /")
        tiers.append(TierDirectory(tier["alias"], tier["path"], tier["capacity"]))
    if len({tier.alias for tier in tiers}) < len(tiers):
        raise ValueError("tiers: two have the same alias; give each its own")
    return Tiers(tiers)
