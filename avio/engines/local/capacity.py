"""Free bytes of the tiers: what is used, what jobs were promised, where the next copy goes.

Used in the job process, by intake, which measures, and by web for figures. The books of the tiers have the numbers of
all processes. Files come and go without us, so the disk is measured again, seldom if that takes long.
"""

import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from avio.engines.local.book import Book, Page
from avio.engines.local.errors import tier_errors
from avio.engines.local.tier_disk import disk_free, measure, no_inodes, written
from avio.engines.local.tiers import Copy, TierDirectory, Tiers
from avio.engines.no_room import readable
from avio.engines.refusals import unknown_tier
from avio.engines.tier import Tier
from avio.errors import CacheFull

MIN_TTL_SECONDS = 1.0  # seconds between two measurements, even while a tier seems full
TTL_FACTOR = 100  # a measurement is valid for this many times as long as it took
FULL_TTL_FACTOR = 20  # the same, before a copy is refused
QUICK_SECONDS = 0.05  # a measurement that took no longer is repeated at once; intake repeats longer ones

VISIT_SECONDS = 0.5  # seconds between two visits to the book for small files
LARGE_BYTES = 64 << 20  # a file of this size has a visit of its own


class Capacity:
    """Used and promised bytes of each tier. Safe to use from several threads."""

    def __init__(self, tiers: Tiers) -> None:
        self._tiers = tiers
        self._lock = threading.Lock()
        self._books = {tier: Book(tier.root) for tier in tiers}
        self._pools = dict.fromkeys(tiers, 0)  # promised to this process, and reserved for no file yet
        self._kept = dict.fromkeys(tiers, 0)  # ended reservations that are not in the book yet: used bytes,
        self._unused = dict.fromkeys(tiers, 0)  # and bytes to give back
        self._looked = dict.fromkeys(tiers, float("-inf"))
        self._visited = dict.fromkeys(tiers, float("-inf"))

    def figures(self, tier: TierDirectory) -> Tier:
        """Return the bytes of `tier`. Measures the used ones only if nobody has, or if that is quick."""
        with tier_errors(f"tier {tier.alias}"):
            try:
                self._refresh(tier)
                with self._locked(tier) as pages:
                    used, reserved = pages[tier].used, pages[tier].promised
                    free = self._free(tier, pages)
            except PermissionError:  # web may read a tier that it cannot write to
                page = self._books[tier].look()
                used, reserved = page.used, page.promised
                free = min(tier.capacity - used, disk_free(tier)) - reserved
        return Tier(tier.alias, tier.capacity, used, available=max(0, free), reserved=reserved)

    def asked(self, alias: str | None) -> list[TierDirectory]:
        """Return the tier with this alias, or all. Raise Unsupported if there is none."""
        found = [tier for tier in self._tiers if alias in (None, tier.alias)]
        if not found:
            raise unknown_tier(alias, (tier.alias for tier in self._tiers))
        return found

    def reserve(self, size: int, asked: list[TierDirectory]) -> "Reservation":
        """Reserve `size` bytes on the first tier of `asked` where they fit, until a `with` ends. Raises CacheFull."""
        for tier in asked:
            self._refresh(tier)
        return Reservation(self, *self._place(size, asked, from_pool=True))

    def reserve_promised(self, size: int, tier: TierDirectory) -> "Reservation | None":
        """Reserve `size` bytes of what was promised to this process on `tier`; None if that has not as many.

        Opens no book and measures nothing.
        """
        with self._lock:
            if self._pools[tier] < size:
                return None
            self._pools[tier] -= size
        return Reservation(self, tier, size, size)

    def promise(self, size: int, asked: list[TierDirectory]) -> TierDirectory:
        """Promise `size` bytes to the files to come. Return the first tier of `asked` where they fit.

        Raises CacheFull.
        """
        tier, size, _ = self._place(size, asked, from_pool=False)
        with self._lock:
            self._pools[tier] += size
        return tier

    def promised(self) -> dict[str, int]:
        """Return the bytes that the books have for this process, by alias. Opens no book."""
        return {tier.alias: book.promised for tier, book in self._books.items() if book.promised > 0}

    def give_back(self, tiers: Iterable[TierDirectory]) -> None:
        """Give back what was promised to this process on `tiers` and is reserved for no file."""
        for tier in tiers:
            with suppress(OSError), self._locked(tier) as pages:
                self._books[tier].promise(pages[tier], -self._pools[tier])
                self._pools[tier] = 0

    def settle(self, tier: TierDirectory, size: int, pooled: int, *, kept: bool) -> None:
        """End a reservation: its bytes are used, or given back.

        Many small files share a visit to the book: until then their bytes count as promised.
        """
        with self._lock:
            if kept:
                self._kept[tier] += size
            else:
                self._pools[tier] += pooled
                self._unused[tier] += size - pooled
            if size < LARGE_BYTES and time.monotonic() - self._visited[tier] < VISIT_SECONDS:
                return
        self.visit(tier)

    def visit(self, tier: TierDirectory) -> None:
        """Write into the book what the ended reservations did. A book that cannot be written is measured later."""
        with suppress(OSError), self._locked(tier):
            pass

    def distrust(self, tier: TierDirectory) -> None:
        """Have the used bytes of `tier` measured soon: a file may be there that no reservation has counted."""
        with suppress(OSError), self._locked(tier) as pages:
            pages[tier].measured = 0.0

    def adjust(self, tier: TierDirectory, difference: int) -> None:
        """Add `difference` bytes to the used bytes of `tier`. A book that cannot be written is measured later."""
        if not difference:
            return
        with suppress(OSError), self._locked(tier) as pages:
            pages[tier].used = max(0, pages[tier].used + difference)
            pages[tier].added += max(0, difference)

    def drop(self, path: str, copies: Sequence[Copy]) -> list[Copy]:
        """Remove those of `copies` of `path` that are as they were judged, from the books too. Return them."""
        dropped = self._tiers.drop(path, copies)
        for copy in dropped:
            self.adjust(copy.tier, -copy.size)
        return dropped

    def measure(self, tier: TierDirectory, factor: int = TTL_FACTOR) -> None:
        """Measure the used bytes of `tier`, unless that was done recently: by `factor`, for how long it took."""
        book = self._books[tier]
        with book.measuring():
            with self._locked(tier) as pages:
                page = pages[tier]
                if page.measured and 0 <= time.time() - page.measured < max(MIN_TTL_SECONDS, factor * page.took):
                    return
                added = page.added
            began = time.monotonic()
            found = measure(tier)
            if found > tier.capacity:  # files may have been dropped during the walk, for others that it saw later
                found = min(found, measure(tier))
            took = time.monotonic() - began
            with self._locked(tier) as pages:
                page = pages[tier]
                page.used = _used(tier, page, found, page.added - added)
                page.measured, page.took = time.time(), took

    def close(self) -> None:
        """Close the books. The next call opens them again."""
        with self._lock:
            for book in self._books.values():
                book.close()

    def _place(self, size: int, asked: list[TierDirectory], *, from_pool: bool) -> tuple[TierDirectory, int, int]:
        """Promise what the pool lacks for `size` bytes, on the first tier with room.

        Return the tier, the size, and the bytes taken from the pool.
        """
        free_by_tier: dict[str, int] = {}
        for is_last in (False, True):
            for tier in asked:
                if is_last:
                    self.measure(tier, FULL_TTL_FACTOR)
                with self._lock:
                    if from_pool and self._pools[tier] >= size:
                        self._pools[tier] -= size
                        return tier, size, size
                self._measure_distrusted(tier)
                with self._locked(tier) as pages:
                    pooled = min(self._pools[tier], size) if from_pool else 0
                    is_known = pages[tier].measured > 0  # else another process has died since
                    free = self._free(tier, pages)
                    if size - pooled <= free and is_known:
                        self._pools[tier] -= pooled
                        self._books[tier].promise(pages[tier], size - pooled)
                        return tier, size, pooled
                free_by_tier[tier.alias] = max(0, free)
        needed, *free_texts = readable([size, *free_by_tier.values()])
        figures = ", ".join(f"{alias} {text}" for alias, text in zip(free_by_tier, free_texts, strict=True))
        raise no_inodes(asked) or CacheFull(f"{needed} don't fit; free: {figures}")

    def _free(self, tier: TierDirectory, pages: dict[TierDirectory, Page]) -> int:
        """Return the bytes that are neither used nor promised: of the capacity, or of the disk if that has fewer."""
        free = tier.capacity - pages[tier].used - pages[tier].promised
        on_disk = disk_free(tier)
        promised = sum(page.promised for page in pages.values())
        if promised and on_disk - promised < free:  # what is written of unfinished files is on the disk already
            promised -= min(promised, written(pages))
        return min(free, on_disk - promised)

    def _measure_distrusted(self, tier: TierDirectory) -> None:
        """Measure a tier whose used bytes may lack files that a dead process put in place, and told nobody of."""
        with self._locked(tier) as pages:
            is_known = pages[tier].measured > 0
        if not is_known:
            self.measure(tier)

    def _refresh(self, tier: TierDirectory) -> None:
        """Measure a tier that nobody has measured, or that is measured quickly. Looks once a second."""
        if time.monotonic() - self._looked[tier] < MIN_TTL_SECONDS:
            return
        with self._locked(tier) as pages:
            page = pages[tier]
        if not page.measured or page.took <= QUICK_SECONDS:
            self.measure(tier)
        self._looked[tier] = time.monotonic()

    @contextmanager
    def _locked(self, tier: TierDirectory) -> Iterator[dict[TierDirectory, Page]]:
        """Lock the books of `tier` and of all tiers on the same disk, always in the same order."""
        with self._lock, ExitStack() as stack:
            device = os.fstat(tier.root.fd).st_dev
            found = [(os.fstat(other.root.fd), other) for other in self._tiers]
            group = sorted((status.st_ino, place) for place, (status, _) in enumerate(found) if status.st_dev == device)
            pages = {found[at][1]: stack.enter_context(self._books[found[at][1]].locked()) for _, at in group}
            for each, page in pages.items():
                self._write_ended(each, page)
            yield pages

    def _write_ended(self, tier: TierDirectory, page: Page) -> None:
        """Write the ended reservations of this process into the page."""
        kept, unused = self._kept[tier], self._unused[tier]
        if kept or unused:
            page.used += kept
            page.added += kept
            self._books[tier].promise(page, -kept - unused)
            self._kept[tier] = self._unused[tier] = 0
        self._visited[tier] = time.monotonic()


def _used(tier: TierDirectory, page: Page, found: int, added: int) -> int:
    """Return the used bytes where a walk has `found` some, and so many were `added` meanwhile.

    Some of these may count twice: better than not at all. Of those in place, some may count as promised, too. But all
    together are no more than the capacity, unless other programs have put files there: each promise has seen to that.
    """
    return max(0, min(found + added, max(found, tier.capacity) - page.promised))


class Reservation:
    """Bytes reserved on a tier for a `with` block, which gets the tier. They count as used if the block succeeds."""

    __slots__ = ("_capacity", "_pooled", "_size", "tier")

    def __init__(self, capacity: Capacity, tier: TierDirectory, size: int, pooled: int) -> None:
        self._capacity = capacity
        self.tier = tier
        self._size = size
        self._pooled = pooled  # of these bytes, those that were promised to the process before

    def __enter__(self) -> TierDirectory:
        """Return the tier."""
        return self.tier

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Give the bytes back after an error."""
        self.end(kept=error is None)

    def end(self, *, kept: bool) -> None:
        """End the reservation: its bytes are used, or given back."""
        self.end_part(self._size, kept=kept)

    def end_part(self, size: int, *, kept: bool) -> None:
        """End it for `size` of its bytes: a reservation may be for several files."""
        pooled = min(size, self._pooled)
        self._size -= size
        self._pooled -= pooled
        self._capacity.settle(self.tier, size, pooled, kept=kept)
