"""Entries of a page: files as they stand, directories with their sums where they were counted.

Used in web. A directory that was not counted shows what the tiers alone have of it.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from avio.engines.base import Entry, EntryState
from avio.engines.local.entries import ItemSums, file_entry
from avio.engines.local.merge import Item
from avio.engines.local.tier_view import held_until
from avio.engines.local.tiers import Tiers
from avio.engines.sums import uncounted
from avio.errors import EngineError

CACHED_SECONDS = 0.1  # for what the tiers have of the directories of a page

# The sums of a directory by its path with a slash; None where they can't be known.
Sums = Mapping[str, ItemSums | None]


def totals(items: Sequence[Item], known: Sums, *, ended: bool) -> dict[str, ItemSums]:
    """Return the sums of the directories of a page: `known` ones, and those whose files are all on the page.

    `ended` says that nothing follows the page.
    """
    found: dict[str, ItemSums] = {}
    above: list[tuple[str, ItemSums | None]] = []

    def close() -> None:
        path, sums = above.pop()
        if sums is not None:
            found[path] = sums
        if above:
            outer, outer_sums = above[-1]
            above[-1] = outer, None if sums is None or outer_sums is None else outer_sums.including(sums)

    for item in items:
        while above and not item.path.startswith(above[-1][0]):
            close()
        if item.path.endswith("/"):
            above.append((item.path, known[item.path] if item.path in known else ItemSums()))
        elif above and above[-1][1] is not None:
            above[-1][1].add_item(item)
    while above and (ended or above[-1][0] in known):
        close()
    return found


def entries_of(items: Sequence[Item], sums: Mapping[str, ItemSums], tiers: Tiers) -> list[Entry]:
    """Return the entries of a page."""
    entries = []
    cached = CacheSide(tiers, sum(1 for item in items if item.path.endswith("/") and item.path not in sums))
    for item in items:
        path = item.path[:-1]
        if not item.path.endswith("/"):
            entries.append(file_entry(item))
        elif item.path in sums:
            entries.append(sums[item.path].entry(path))
        else:
            listed = item.source is not None
            entries.append(cached.entry(path, listed=listed, is_cached=item.copy is not None or not listed))
    return entries


class CacheSide:
    """What `tiers` have of so many directories whose files in the bucket are not counted, each in its share of time."""

    def __init__(self, tiers: Tiers, directories: int) -> None:
        self._tiers = tiers
        self._left = directories
        self._end = time.monotonic() + CACHED_SECONDS

    def entry(self, path: str, *, listed: bool, is_cached: bool = True) -> Entry:
        """Return the entry of a directory. `listed`: the bucket has it. Not `is_cached`: no tier has it."""
        files, sizes = 0, dict[str, int]()
        now, share = time.monotonic(), self._left
        self._left -= 1
        if is_cached:
            found = None
            with suppress(EngineError):
                found = held_until(self._tiers, path, now + (self._end - now) / share)
            if found is None:
                return uncounted(path)
            files, sizes = found
        remote = listed and not files
        return Entry(
            path,
            "directory",
            None,
            None,
            EntryState.REMOTE if remote else EntryState.UNKNOWN,
            sum(sizes.values()),
            sizes,
            True if remote else None,
            files_cached=files,
        )
