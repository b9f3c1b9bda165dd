"""What an engine answers about files that give way to a preload with ifFull=evict.

Used in the job process. An engine whose cache drops files by itself keeps nothing from that.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from avio.engines.run import Run


class Eviction:
    """An engine that drops no files for a preload."""

    def using(self, paths: Sequence[str], run: Run) -> AbstractContextManager[None]:
        """Return a `with` block in which no job with ifFull=evict drops what is at or below `paths`."""
        return nullcontext()

    def droppable_by_tier(self) -> Mapping[str, int]:
        """Return the bytes of each tier, by alias, that may be dropped with ifFull=evict, at most."""
        return {}
