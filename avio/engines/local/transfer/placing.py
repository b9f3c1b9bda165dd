"""Files on their way into a tier, some at a time: each is written, all are synced at once, each gets its name.

Used in the job process and in its movers.
"""

from collections import defaultdict
from collections.abc import Generator, Sequence
from typing import NamedTuple

from avio.engines.base import Moved
from avio.engines.cancel import Stopped
from avio.engines.local.tiers import TierDirectory
from avio.engines.local.transfer.group_sync import sync_within
from avio.engines.run import Run
from avio.errors import EngineError

SMALL_BYTES = 1 << 20  # that a disk takes at once


class Written(NamedTuple):
    """The open file `fd` has all of its bytes, not all of them on disk."""

    tier: TierDirectory
    fd: int
    size: int


Steps = Generator[Written, None, Moved]


class Placing:
    """One file. It has an `outcome` at its end, else it waits to be synced."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self.written: Written | None = None
        self.outcome: Moved | EngineError | Stopped | None = None

    def advance(self, error: OSError | None = None) -> None:
        """Write the file, or, after the sync, give it its name; with `error`, the sync failed."""
        try:
            self.written = next(self._steps) if error is None else self._steps.throw(error)
        except StopIteration as end:
            self.outcome = end.value
        except (EngineError, Stopped) as refusal:
            self.outcome = refusal

    def close(self) -> None:
        """Remove the file if it has no name yet."""
        self._steps.close()


def synced(placings: Sequence[Placing], run: Run) -> None:
    """Sync the files that wait for it, tier by tier, and bring each to its end."""
    by_tier: dict[TierDirectory, list[tuple[Placing, Written]]] = defaultdict(list)
    for placing in placings:
        if placing.outcome is None and placing.written is not None:
            by_tier[placing.written.tier].append((placing, placing.written))
    for group in by_tier.values():
        error = _sync_error([written for _, written in group], run)
        for placing, _ in group:
            placing.advance(error)


def _sync_error(files: Sequence[Written], run: Run) -> OSError | None:
    try:
        sync_within([file.fd for file in files], sum(file.size for file in files), run)
    except OSError as error:
        return error
    return None
