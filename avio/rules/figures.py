"""What the database says for the metrics of web: totals, jobs, nodes, tiers, unsaved files. Everybody may know it.

No figure is of a job, a path below a mount, or a user.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from avio.clock import now
from avio.db import aggregators, cache_maps, figures, totals
from avio.db.connection import borrow
from avio.db.ends import Cause
from avio.db.figures import NodeFigures, TierFigures
from avio.db.totals import Place
from avio.rules.cache_map import CacheMap
from avio.wire.paths import is_under
from avio.wire.states import TERMINAL

# How an attempt may end.
OUTCOMES = (*sorted(TERMINAL), *Cause)


@dataclass(frozen=True, slots=True)
class Unsaved:
    """Files that are in the cache alone: their bytes by tier, and the time of the oldest by mount, 0 for none."""

    bytes: dict[str, int] = field(default_factory=dict)
    oldest: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figures:
    """All that a scrape reads from the database. `now` is when, by the clock of this machine."""

    totals: list[tuple[Place, float]]
    jobs: dict[tuple[str, int], int]
    oldest_due: float
    nodes: list[NodeFigures]
    aggregators: int
    tiers: list[TierFigures]
    unsaved: Unsaved
    now: float


class FiguresReader:
    """Reads the figures. A map of a tier may have thousands of rows: it is read when there is a new one."""

    def __init__(self, mounts: Collection[str]) -> None:
        self._mounts = sorted(mounts, key=len, reverse=True)
        self._taken: list[tuple[str, float]] = []
        self._unsaved = Unsaved()

    def read(self) -> Figures:
        """Ask the database. Raises its errors."""
        with borrow():
            return Figures(
                totals=totals.all_totals(),
                jobs=figures.unfinished_jobs(),
                oldest_due=figures.oldest_due(),
                nodes=figures.nodes(),
                aggregators=aggregators.alive(),
                tiers=figures.tiers(),
                unsaved=self._read_maps(),
                now=now(),
            )

    def _read_maps(self) -> Unsaved:
        taken = figures.map_times()
        if taken != self._taken:
            self._unsaved = self._sums(cache_maps.taken())
            self._taken = taken
        return self._unsaved

    def _sums(self, maps: list[cache_maps.Taken]) -> Unsaved:
        found = Unsaved(oldest=dict.fromkeys(self._mounts if maps else (), 0.0))
        for each in maps:
            for (directory, _), sums in CacheMap.from_json(each.map).rows.items():
                found.bytes[each.tier] = found.bytes.get(each.tier, 0) + sums.unsaved
                mount = next((mount for mount in self._mounts if is_under(directory, mount)), None)
                if mount is not None and sums.oldest:
                    found.oldest[mount] = min(filter(None, (found.oldest[mount], sums.oldest)))
        return found
