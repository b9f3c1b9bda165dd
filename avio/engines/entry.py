"""A file or directory of an engine, as it is.

Used by web (tasks) and by the job process (jobs). Opens nothing.
"""

from dataclasses import dataclass, field
from typing import Literal

from avio.engines.sides import EntryState


@dataclass(slots=True)
class Entry:
    """A file or directory in its present state. Nobody changes one; `frozen` would take three times as long to make it.

    For a directory the numbers are sums over the files below it; None if they were not counted. `size` in bytes is
    the bucket's, or the cache's for a file that is dirty, gone or in conflict. `modified` is in epoch seconds.
    `tiers` maps an alias to cached bytes; each file counts once, on its best tier. `saved` is True if the bucket has
    all that the cache has. `token` is the engine's own mark of the source's version. `left_out` counts what avio
    can't handle below a directory. `local_path` is where a program on the node reads all of it.
    """

    path: str
    kind: Literal["file", "directory"]
    size: int | None
    modified: float | None
    state: EntryState
    cached_bytes: int | None = None
    tiers: dict[str, int] = field(default_factory=dict)
    saved: bool | None = None
    files: int | None = None
    files_cached: int | None = None
    token: str | None = None
    left_out: int = 0
    local_path: str | None = None

    @property
    def in_cache(self) -> bool:
        """Return True if the cache has all of it, no older than the bucket."""
        return self.state in (EntryState.CACHED, EntryState.DIRTY)

    @property
    def may_go(self) -> bool:
        """Return True if a free may drop it: the bucket has it, or had it until it was deleted there."""
        return bool(self.saved) or self.state is EntryState.GONE
