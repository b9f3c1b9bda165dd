"""The tiers: directories that hold cached files as `<tier>/<path>`, best first.

Used in web and the job process. The disk is the only source about a tier; there is no index.
"""

import os
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, NamedTuple

from avio.engines.local.buckets.base import Source
from avio.engines.local.errors import of_tier_disk, tier_errors
from avio.engines.local.freshness import Freshness, judge
from avio.engines.local.left_out import unreadable
from avio.engines.local.removal import remove_unchanged
from avio.engines.local.root import Root
from avio.engines.local.stamps import UNMARKED, Marks, ObjectName, read_marks
from avio.engines.local.tier_safety import TierUnsafe, open_tier
from avio.errors import EngineAway, TierNotMounted
from avio.plain_file import NotPlain


class TierDirectory:
    """One tier: its alias, its capacity in bytes, its directory, and the id that its disk must have.

    `owners` are the uids that may own the directory, `shared` says that others may own it and write to it.
    Nothing here follows symlinks; a tier that does is one of `followed`.
    """

    follows = False

    def __init__(
        self,
        alias: str,
        path: str,
        capacity: int,
        marker: str | None = None,
        owners: Collection[int] = (),
        *,
        shared: bool = False,
    ) -> None:
        self.alias = alias
        self.capacity = capacity
        self.root = Root(path, make=True)
        self.root.marker = marker
        self.root.open_top = partial(open_tier, owners=owners, shared=shared)

    def stat(self, path: str) -> os.stat_result | None:
        """Return the stat of what is at `path`, or None. Raises OSError."""
        return self.root.stat(path[1:])

    def accepts(self, path: str) -> bool:
        """Return True if a symlink at `path` counts as what it leads to."""
        return self.follows

    def takes_marks(self, path: str) -> bool:
        """Return True if a stamp on the cached file at `path` is one of that path."""
        return True

    @contextmanager
    def opened(self, path: str) -> Iterator[int]:
        """Yield the cached file at `path`, open for reading. Raise Unreadable, or OSError if that fails otherwise."""
        try:
            fd = self._open(path)
        except PermissionError:
            raise unreadable() from None
        try:
            yield fd
        finally:
            os.close(fd)

    def open_if_there(self, path: str) -> int | None:
        """Open the cached file at `path` for reading. None if there is no plain file. Raise as `opened`."""
        try:
            return self._open(path)
        except PermissionError:
            raise unreadable() from None
        except NotPlain:
            return None
        except OSError as error:
            if not self.root.lacks(error):
                raise
            return None

    def marks_of(self, path: str, name: ObjectName) -> Marks:
        """Return the marks of the cached file at `path` as a copy of the object `name`; none if it can't be opened.

        Raise EngineAway without open files, NodeFault if the disk fails: then nobody knows.
        """
        try:
            fd = self._open(path)
            try:
                return read_marks(fd, name)
            finally:
                os.close(fd)
        except OSError as error:
            if not (isinstance(error, NotPlain | PermissionError) or self.root.lacks(error)):
                raise of_tier_disk(error, f"tier {self.alias}: {path}") from None
            return UNMARKED

    def _open(self, path: str) -> int:
        return self.root.open_file(path[1:], os.O_RDONLY)


class Copy(NamedTuple):
    """A cached file on a tier. `ctime_ns` and `inode` are 0 where only size and mtime were read."""

    tier: TierDirectory
    size: int
    mtime_ns: int
    ctime_ns: int = 0
    inode: int = 0


class OpenCopy(NamedTuple):
    """A copy whose file is open as `fd`, which the user of it closes."""

    tier: TierDirectory
    fd: int

    def copy(self) -> Copy:
        """Return it as it is now."""
        status = os.fstat(self.fd)
        return Copy(self.tier, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


# The order in which clean copies of a path count; one that could be lost comes before them.
_PRECEDENCE = (Freshness.CACHED, Freshness.STALE, Freshness.GONE)


def judged(path: str, name: ObjectName, source: Source | None, copy: Copy, *, strict: bool = False) -> Freshness:
    """Return the state of one copy of `path`, whose object is `name`. `strict` as in `judge`."""
    return judge(source, copy.size, copy.mtime_ns, lambda: copy.tier.marks_of(path, name), strict=strict)


def best_of(
    path: str, name: ObjectName, source: Source | None, copies: Sequence[Copy], *, strict: bool = False
) -> tuple[Copy, Freshness]:
    """Return the copy that counts among the copies of a path (best tier first, at least one), and its state.

    `name` is the object's, `strict` as in `judge`.
    """
    return that_counts([(copy, judged(path, name, source, copy, strict=strict)) for copy in copies])


def that_counts(found: Sequence[tuple[Copy, Freshness]]) -> tuple[Copy, Freshness]:
    """Return the copy that counts among the judged copies of a path. The newest of several unsaved copies counts."""
    if len(found) == 1:
        return found[0]
    unsaved = [each for each in found if each[1].is_dirty]
    if unsaved:
        return max(unsaved, key=lambda each: each[0].mtime_ns)
    return min(found, key=lambda each: _PRECEDENCE.index(each[1]))


class Tiers:
    """All tiers, best first."""

    def __init__(self, tiers: Sequence[TierDirectory]) -> None:
        self._tiers = tiers
        self._lacking: list[str] = []

    def __iter__(self) -> Iterator[TierDirectory]:
        """Iterate, best first. Raise TierNotMounted as `require_all`."""
        self.require_all()
        return iter(self._tiers)

    @property
    def own(self) -> Sequence[TierDirectory]:
        """The tiers of the settings here, whatever others have."""
        return self._tiers

    def require_all(self) -> None:
        """Raise TierNotMounted while a tier is missing here that other machines have."""
        if self._lacking:
            raise TierNotMounted(f"tier {self._lacking[0]} of the other nodes is missing in the settings here")

    @property
    def aliases(self) -> frozenset[str]:
        """The aliases of the tiers."""
        return frozenset(tier.alias for tier in self._tiers)

    def expect(self, ids: Mapping[str, str]) -> None:
        """From now on refuse disks with another id than `ids` has, and all work while a tier of `ids` is missing."""
        for tier in self._tiers:
            tier.root.marker = ids.get(tier.alias)
        self._lacking = sorted(ids.keys() - self.aliases)

    def copies(self, path: str) -> list[Copy]:
        """Return the copies of the file `path`, best tier first. Only plain files count."""
        self.require_all()
        found = []
        for tier in self._tiers:
            try:
                status = tier.stat(path)
            except OSError as error:
                raise of_tier_disk(error, f"tier {tier.alias}: {path}") from None
            if status is not None and stat.S_ISREG(status.st_mode):
                found.append(Copy(tier, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino))
        return found

    def open_only(self, path: str) -> "OpenCopy | None":
        """Open the copy of the file `path` if there is one alone, else return None. Raises Unreadable, and as `copies`.

        It costs less than `copies` and `opened`.
        """
        found: list[OpenCopy] = []
        try:
            for tier in self:
                try:
                    fd = tier.open_if_there(path)
                except OSError as error:
                    raise of_tier_disk(error, f"tier {tier.alias}: {path}") from None
                if fd is not None:
                    found.append(OpenCopy(tier, fd))
            return found.pop() if len(found) == 1 else None
        finally:
            for each in found:
                os.close(each.fd)

    def has_directory(self, path: str) -> bool:
        """Return True if any tier has the directory `path`."""
        for tier in self:
            with tier_errors(f"tier {tier.alias}: {path}"):
                status = tier.root.stat(path[1:])
            if status is not None and stat.S_ISDIR(status.st_mode):
                return True
        return False

    def has(self, path: str) -> bool:
        """Return True if any tier has the file or the directory `path`."""
        return bool(self.copies(path)) or self.has_directory(path)

    def drop(self, path: str, copies: Sequence[Copy]) -> list[Copy]:
        """Remove those of `copies` of `path` that are as they were judged. Return the removed ones."""
        dropped = []
        for copy in copies:
            with tier_errors(f"tier {copy.tier.alias}: {path}"):
                if remove_unchanged(copy.tier.root, path[1:], copy):
                    dropped.append(copy)
        return dropped

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Let each thread hold the last directory it was in on each tier: for work on many files."""
        with ExitStack() as held:
            for tier in self:
                held.enter_context(tier.root.holding())
            yield

    def roots(self) -> Iterator[Root]:
        """Iterate over the directories of the tiers."""
        return (tier.root for tier in self)


def check_tier(tier: TierDirectory) -> None:
    """Return if `tier` is writable. Raise EngineAway or TierNotMounted with its name otherwise."""
    try:
        if not is_writable(tier):
            raise PermissionError("it is not writable")
    except (TierNotMounted, TierUnsafe) as error:
        raise type(error)(f"tier {tier.alias}: {error.message}", cure=error.cure) from None
    except OSError as error:
        raise EngineAway(
            f"tier {tier.alias} at {tier.root.path}: {error.strerror or error}", cure="check the disk of the tier"
        ) from None


def is_writable(tier: TierDirectory) -> bool:
    """Return True if this process may write to the directory of `tier`. Raise OSError, TierNotMounted."""
    return os.access(".", os.W_OK | os.X_OK, dir_fd=tier.root.fd) and not _read_only(tier.root.fd)


def _read_only(fd: int) -> bool:
    return bool(os.fstatvfs(fd).f_flag & os.ST_RDONLY)


def open_tiers(settings: Sequence[Mapping[str, Any]]) -> Tiers:
    """Return the tiers of `settings` (alias, path, capacity). Raise ValueError with the name of the wrong one."""
    tiers = []
    for place, tier in enumerate(settings):
        if tier["capacity"] <= 0:
            raise ValueError(f"tiers.{place}.capacity: {tier['capacity']} is too small; give a number of bytes above 0")
        if not os.path.isabs(tier["path"]):
            raise ValueError(f"tiers.{place}.path: {tier['path']!r} is not absolute; start it with /")
        tiers.append(
            TierDirectory(
                tier["alias"],
                tier["path"],
                tier["capacity"],
                tier.get("id"),
                tier.get("owners", ()),
                shared=tier.get("shared", False),
            )
        )
    if len({tier.alias for tier in tiers}) < len(tiers):
        raise ValueError("tiers: two tiers have the same alias; give each its own")
    return Tiers(tiers)
