"""The rules of list, stat and tiers. Used by web and admin. Uses no database connection."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from avio.engines.base import Engine, Entry, Page
from avio.engines.tier import Tier
from avio.errors import TooLarge
from avio.rules.callers import Caller, Right
from avio.rules.places import MountPlaces
from avio.wire.paths import PathError, canonical

# A task counts at most this many files below a directory. More files need a job.
STAT_FILES_MAX = 100_000

# The same, where only the cache is looked at.
CACHED_FILES_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Cache:
    """The engine, for callers. One for each process. Each call runs in what `timed` returns for its name."""

    engine: Engine
    places: MountPlaces
    timed: Callable[[str], AbstractContextManager[object]] = lambda _: nullcontext()

    def locate(self, text: str) -> str | None:
        """Return the path that was meant by a store's URL, or by a text that lacks its first slash; None if unknown."""
        if "://" in text:
            return _below_mount(text.rstrip("/"), self.engine.urls)
        try:
            path = canonical(f"/{text}")
        except PathError:
            return None
        return path if self.engine.covers(path) else None

    def below_directory(self, path: str) -> str | None:
        """Return the path that was meant by a file below the directory of a tier, as `avio path` prints it, or None."""
        for root in self.engine.directories:
            meant = path.removeprefix(root.rstrip("/"))
            if meant.startswith("/") and meant != path and self.engine.covers(meant):
                return meant
        return None

    def list(
        self, caller: Caller, path: str, *, depth: int | None, size: int, after: str | None = None, sums: bool = False
    ) -> Page:
        """Return a page of the entries below `path`, see `Engine.list`. Raises the engine's errors."""
        caller.require(Right.LOOK, path)
        with self.places.use(path), self.timed("list"):
            return self.engine.list(path, depth=depth, size=size, after=after, sums=sums)

    def stat(self, caller: Caller, path: str) -> Entry:
        """Return the present state of `path`. Raise TooLarge for more than `STAT_FILES_MAX` files."""
        caller.require(Right.LOOK, path)
        try:
            with self.places.use(path), self.timed("stat"):
                return self.engine.stat(path, limit=STAT_FILES_MAX)
        except TooLarge as error:
            raise TooLarge(error.message, cure="send Prefer: respond-async to make it a job") from error

    def cached(self, caller: Caller, path: str) -> Entry:
        """Return what the cache has of `path`, as `Engine.cached`. Raise TooLarge for `CACHED_FILES_MAX` files."""
        caller.require(Right.LOOK, path)
        with self.timed("cached"):
            return self.engine.cached(path, limit=CACHED_FILES_MAX)

    def tiers(self, caller: Caller) -> Sequence[Tier]:
        """Return the tiers, best first, with their used bytes."""
        caller.require(Right.LOOK)
        with self.timed("capacity"):
            return self.engine.capacity()


def _below_mount(url: str, mounts: Mapping[str, str]) -> str | None:
    """Return the path of a store's URL, by the mount with the longest one."""
    for path, root in sorted(mounts.items(), key=lambda mount: len(mount[1]), reverse=True):
        if url == root:
            return path
        if url.startswith(root.rstrip("/") + "/"):
            return path.rstrip("/") + url[len(root.rstrip("/")) :]
    return None
