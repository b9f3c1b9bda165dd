"""What is below a path: as a page for a task, as a stream for a job.

Used in web and the job process.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from avio.engines.base import Entry, Page
from avio.engines.left_out import LeaveOut, LeftOut, Symlink
from avio.engines.local import empty_walk
from avio.engines.local.buckets.pace import PAGE_SECONDS, TASK, Pace
from avio.engines.local.directory_sums import BRIEF, LONG, Budget, DirectorySums
from avio.engines.local.entries import file_entry
from avio.engines.local.item_stream import ItemStream
from avio.engines.local.joined_view import Refused, Sinks, join, join_level
from avio.engines.local.left_paths import LeftOutPaths
from avio.engines.local.level_entries import CacheSide, entries_of, totals
from avio.engines.local.level_page import read_page
from avio.engines.local.listing_page import make_page
from avio.engines.local.listing_stream import ListingStream
from avio.engines.local.merge import Item
from avio.engines.local.mounts import Mounts
from avio.engines.local.silent_mounts import SilentMounts
from avio.engines.local.tiers import Tiers
from avio.engines.refusals import no_answer
from avio.errors import EngineError
from avio.wire.paths import depth_below, is_under


class _Ask(NamedTuple):
    """A page that is asked for, and what it leaves out or does not ask."""

    path: str
    depth: int | None
    size: int
    after: str
    budget: Budget
    sinks: Sinks
    silent: Sequence[str]
    refused: dict[str, EngineError]  # the mounts that refuse, as far as the listing has come

    def lacks(self, path: str) -> bool:
        """Return True if files at or below `path` are missing, since their mount does not answer, or refuses."""
        return any(is_under(mount, path) for mount in (*self.silent, *self.refused))


class Listings:
    """Listings of `mounts` and `tiers`. `file_at` returns the file at a path, or None."""

    def __init__(self, mounts: Mounts, tiers: Tiers, file_at: Callable[[str], Item | None]) -> None:
        self._mounts = mounts
        self._tiers = tiers
        self._file_at = file_at
        self._silent_mounts = SilentMounts()

    def page(self, path: str, *, depth: int | None, size: int, after: str | None, sums: bool) -> Page:
        """Return a page of what is below `path`; in `after`, a directory ends in a slash.

        With `sums` more of its directories have sums, and the page may take seconds.
        """
        item = self._file_at(path)
        if item is not None:
            return Page([file_entry(item)], None)
        left, silent = LeftOutPaths(), self.silent(path)
        ask = _Ask(path, depth, size, after or "", LONG if sums else BRIEF, left.sinks, silent, {})
        page = self._levels(ask, depth) if depth is not None else self._all_levels(ask)
        if not page.entries and not after:
            empty_walk.require_there(self._mounts, self._tiers, path)
        level = None if depth is None else depth_below(path, "/") + depth
        separator = self._mounts.find(path).bucket.separator
        left.drop_followed(self._tiers.has)
        left_out = left.of_page(after or "", page.after, level, separator)
        return replace(page, left_out=left_out, unanswered=silent, refused=ask.refused)

    def _all_levels(self, ask: "_Ask") -> Page:
        pace = TASK._replace(until=time.monotonic() + PAGE_SECONDS)
        files = partial(self._files, ask, pace, refused=ask.refused.__setitem__)
        page = make_page(files, ask.path, size=ask.size, after=ask.after, budget=ask.budget)
        directories = [each for each in page.entries if each.kind == "directory"]
        partly = {each.path for each in directories if self._lacks(ask, each.path) or each.size is None}
        cached = CacheSide(self._tiers, len(partly))
        entries = [
            cached.entry(each.path, listed=not self._lacks(ask, each.path)) if each.path in partly else each
            for each in page.entries
        ]
        return replace(page, entries=entries)

    def _levels(self, ask: "_Ask", depth: int) -> Page:
        """Return a page of `depth` levels: its names, then the sums of its directories as far as the budget goes."""
        pace = TASK._replace(until=time.monotonic() + PAGE_SECONDS)

        top = self._mounts.find(ask.path)

        def level(path: str, after: str) -> Iterator[Item]:
            refused = None if self._mounts.find(path) is top else ask.refused.__setitem__
            return join_level(
                self._mounts, self._tiers, path, after, ask.sinks, pace, silent=ask.silent, refused=refused
            )

        page = read_page(level, ask.path, depth=depth, size=ask.size, after=ask.after)
        directories = [item.path for item in page.items if item.path.endswith("/")]
        partly = [each for each in directories if self._lacks(ask, each[:-1])]
        lowest = [each for each in directories if depth_below(each[:-1], ask.path) == depth and each not in partly]
        files = {item.path for item in page.items} - set(directories)
        counted = DirectorySums(partial(self._files, ask, ask.budget.pace()), files, ask.budget).of(lowest)
        known = dict.fromkeys(partly) | {each: counted.get(each) for each in lowest}
        sums = totals(page.items, known, ended=page.after is None)
        return Page(entries_of(page.items, sums, self._tiers), page.after)

    def _lacks(self, ask: "_Ask", path: str) -> bool:
        """Return True if files of a directory may be missing. One that refuses may do so in the middle of it."""
        return ask.lacks(path) or self._mounts.find(path).path in ask.refused

    def _files(self, ask: "_Ask", pace: Pace, after: str, *, refused: Refused | None = None) -> ItemStream:
        return join(self._mounts, self._tiers, ask.path, after, ask.sinks, pace, silent=ask.silent, refused=refused)

    def stream(self, path: str, *, depth: int | None, left_out: LeaveOut) -> Iterator[Sequence[Entry]]:
        """Return all that is below `path`; see `ListingStream`."""

        def leave_out(at: str, error: EngineError) -> None:
            if error.reason != Symlink.reason or not self._tiers.has(at):  # else a preload followed it
                left_out(LeftOut.of(at, error))

        def files(after: str) -> ItemStream:
            if silent := self.silent(path):
                raise no_answer(silent)
            return join(self._mounts, self._tiers, path, after, Sinks(leave_out, leave_out))

        empty = partial(empty_walk.require_there, self._mounts, self._tiers, path)
        return ListingStream(path, depth, partial(self._file_at, path), files, empty)

    def silent(self, path: str) -> Sequence[str]:
        """Return the mounts below `path` that do not answer."""
        below = [mount for mount in self._mounts if mount.path != path and is_under(mount.path, path)]
        return self._silent_mounts.among(below) if below else ()
