"""What the tiers alone hold at a path. Asks no store, so that it answers while one is unavailable.

Used in web and the job process.
"""

import heapq
import time
from collections.abc import Iterator, Sequence
from itertools import chain, groupby
from operator import itemgetter

from avio.engines.base import Entry, EntryState
from avio.engines.local.errors import tier_errors
from avio.engines.local.tiers import TierDirectory, Tiers
from avio.engines.local.tree_walk import Walk, runs
from avio.engines.refusals import too_many_files
from avio.errors import PathNotFound


def held(tiers: Tiers, path: str, limit: int | None) -> Entry:
    """Return what the tiers have at `path`. The state, size and number of the files of the bucket are unknown.

    `local_path` is set if all that is cached lies on one tier. Raises PathNotFound if no tier has anything there,
    TooLarge if more than `limit` files are cached below.
    """
    own, copies = list(tiers), tiers.copies(path)
    found = iter([(path, own.index(copies[0].tier), copies[0].size)]) if copies else _below(own, path)
    sizes: dict[str, int] = {}
    files = 0
    for _, place, size in found:
        files += 1
        alias = own[place].alias
        sizes[alias] = sizes.get(alias, 0) + size
        if limit is not None and files > limit:
            raise too_many_files(path, limit)
    if not files:
        raise PathNotFound(f"nothing is cached at {path}")
    root = next(tier.root.path for tier in own if tier.alias in sizes)
    return Entry(
        path,
        "file" if copies else "directory",
        None,
        None,
        EntryState.UNKNOWN,
        sum(sizes.values()),
        sizes,
        files_cached=files,
        local_path=None if len(sizes) > 1 else root + path if path != "/" else root,
    )


def held_until(tiers: Tiers, path: str, end: float) -> tuple[int, dict[str, int]] | None:
    """Return the number of cached files below the directory `path` and their bytes by alias; None if it takes longer.

    `end` is a time of the monotonic clock.
    """
    own = list(tiers)
    sizes: dict[str, int] = {}
    files = 0
    for _, place, size in _below(own, path):
        files += 1
        alias = own[place].alias
        sizes[alias] = sizes.get(alias, 0) + size
        if files % 256 == 0 and time.monotonic() > end:
            return None
    return files, sizes


def _below(tiers: Sequence[TierDirectory], path: str) -> Iterator[tuple[str, int, int]]:
    """Yield path, place of the best tier, and size of each cached file below the directory `path`."""
    streams = [_of_tier(tier, place, path) for place, tier in enumerate(tiers)]
    return (next(same) for _, same in groupby(heapq.merge(*streams), key=itemgetter(0)))


def _of_tier(tier: TierDirectory, place: int, path: str) -> Iterator[tuple[str, int, int]]:
    prefix = path[1:] + "/" if path != "/" else ""
    with tier_errors(f"tier {tier.alias}: {path}"):
        for key, size, *_ in chain.from_iterable(runs(Walk(tier.root, "", prefix))):
            yield key, place, size
