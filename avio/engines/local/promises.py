"""The room of a preload in the tiers: which tier its files go to, and what was promised to it before they move.

Used in the job process. The lister adds files while threads move others.
"""

import logging
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from avio.engines.admission import TIGHT_PART, Admission
from avio.engines.local.capacity import Capacity, Reservation
from avio.engines.local.tier_disk import no_inodes
from avio.engines.local.tiers import TierDirectory
from avio.engines.no_room import no_room, ways_out
from avio.errors import CacheFull, EngineAway, EngineError
from avio.wire.params import Params

# Bytes that are promised ahead, so that the book is opened seldom, and the part of the capacity that they are at most.
AHEAD_BYTES = 64 << 20
AHEAD_SHARE = 1024

log = logging.getLogger(__name__)


class Promises(Admission):
    """The admission of one preload: its bytes are promised to it in the books, so that no other job gets them.

    All files go to one tier, which is chosen before the first one moves; with `spread` each goes to the first tier
    with room for it. With `ifFull` partial nothing is promised: what does not fit fails alone.
    """

    def __init__(self, capacity: Capacity, params: Params) -> None:
        self._capacity = capacity
        self._params = params
        self._tiers = capacity.asked(params.tier)
        self._is_one = not params.spread and len(self._tiers) > 1
        self._promising = params.if_full != "partial"
        super().__init__(self._free(self._tiers[0]) if self._is_one else sum(map(self._free, self._tiers)))
        self._step = min(AHEAD_BYTES, min(tier.capacity for tier in self._tiers) // AHEAD_SHARE)
        self._lock = threading.Lock()
        self._targets = [] if self._is_one else self._tiers  # empty until one is chosen
        self._left: set[str] = set()  # tiers that were chosen, and turned out too small
        self._held: Counter[str] = Counter()  # bytes that are in place already, by tier
        self._most = -1  # the most free bytes of a tier when that was last looked at
        self._ahead = 0  # bytes that were promised and that no file needs yet, on this tier
        self._tier = self._tiers[0]
        self.closed = False

    @property
    def holds(self) -> bool:
        """Return True if the end of the listing is worth a short wait: to refuse what does not fit, or to choose."""
        return self._promising or self._is_one

    @property
    def tight(self) -> bool:
        """Return True if what is listed so far takes much of the room, or of the best tier if one must be chosen."""
        return not self._targets if not self._promising else super().tight

    @property
    def left(self) -> list[str]:
        """The tiers that were chosen, and turned out too small: no file may stay there."""
        return sorted(self._left)

    def accepts(self, aliases: Iterable[str]) -> bool:
        """Return True if a file may stay on these tiers."""
        return self._left.isdisjoint(aliases)

    def add(self, size: int, held: Mapping[str, int] = MappingProxyType({})) -> None:
        """Promise `size` bytes to the job, of one tier. `held` are bytes that are in place already, by tier.

        Raises CacheFull if they don't fit.
        """
        with self._lock:
            self.needed += size
            if held:
                self._held.update(held)
            try:
                self._promise(size)
            except EngineAway:  # the file is added again when the tiers are back
                self.needed -= size
                self._held.subtract(held)
                raise

    def _promise(self, size: int) -> None:
        """Have a file's bytes promised once a tier is chosen, if they must be."""
        if not self._targets:
            self._must_fit_somewhere()
        elif self._promising:
            if size > self._ahead and not (
                self._take(size - self._ahead, [self._tier]) or self._take(size, self._targets)
            ):
                self._change_tier(size)
            self._ahead -= size

    def complete(self, run: Any) -> None:
        """Choose the tier, now that all files are known. Raise CacheFull if none has room for all of them."""
        with self._lock:
            if not self._targets:
                self._choose(1)

    def reserve_promised(self, size: int) -> Reservation | None:
        """Reserve `size` bytes of what was promised; None if that has not as many. Opens no book."""
        targets = self._targets
        return self._capacity.reserve_promised(size, targets[0]) if targets else None

    def reserve(self, size: int) -> Reservation:
        """Reserve `size` bytes for a file. Raise CacheFull if they don't fit.

        If the listing goes on and no tier is chosen yet, one with much room is.
        """
        with self._lock:
            if not self._targets and not self.needed:  # nothing was listed: the first file decides
                self.needed = size
                self._choose(1)
            elif not self._targets:
                self._choose(TIGHT_PART)
        try:
            return self._capacity.reserve(size, self._targets)
        except CacheFull as error:
            if no_inodes(self._targets) is not None:
                raise
            raise CacheFull(error.message, cure=self._ways_out(size, self._room_by_tier())) from None

    def reserved(self) -> dict[str, int]:
        """Return what the books have for this process."""
        return self._capacity.promised()

    def close(self) -> None:
        """Give back what was not used."""
        self.closed = True
        self._capacity.give_back(self._tiers)

    def _choose(self, times: int) -> None:
        """Choose the first tier that has room for `times` what is listed, or for all of it and most of the files."""
        order = sorted(self._tiers, key=lambda tier: -self._held[tier.alias])
        roomy = [tier for tier in order if self._held[tier.alias] or self._free(tier) >= self.needed * times]
        by_room = sorted(order, key=self._free, reverse=True)
        chosen = next(filter(self._has_room, [*roomy, *by_room]), None)
        if chosen is None and self._promising:
            raise self._refusal(0)
        self._go_to(chosen or by_room[0])
        for alias in sorted(self._held.keys() - {self._tier.alias}):
            log.info("files that are cached on tier %s stay there", alias)

    def _change_tier(self, size: int) -> None:
        """Let all files go to another tier, since the chosen one is full: those that moved already move again.

        Raise CacheFull if no tier has room for all, or if the job has no choice. `size` is the last file's.
        """
        full, promised = self._tier, self.needed - size + self._ahead
        needed = self.needed + self._held[full.alias]
        others = [tier for tier in self._tiers if self._is_one and tier.alias not in {full.alias, *self._left}]
        for tier in others:
            if self._take(needed, [tier]):
                log.info("tier %s has no room for all files; those on it move again", full.alias)
                self._left.add(full.alias)
                self._ahead += size - needed
                self._go_to(tier)
                self._capacity.give_back([full])
                return
        raise self._refusal(promised)

    def _go_to(self, tier: TierDirectory) -> None:
        self._targets, self._tier = [tier], tier
        log.info("the files go to tier %s", tier.alias)

    def _has_room(self, tier: TierDirectory) -> bool:
        """Return True if all fits on `tier`; then it is promised."""
        if not self.needed or not self._promising:
            return self._free(tier) >= self.needed
        if not self._take(self.needed, [tier]):
            return False
        self._ahead -= self.needed
        return True

    def _must_fit_somewhere(self) -> None:
        if self._promising and self.needed > self._most:
            self._most = max(map(self._free, self._tiers))
            if self.needed > self._most:
                raise self._refusal(0)

    def _refusal(self, promised: int) -> EngineError:
        """Return the error of a job that has `promised` bytes, on the tier that is chosen, and needs more."""
        if (none := no_inodes(self._targets or self._tiers)) is not None:
            return none
        room = self._room_by_tier()
        if self._params.spread and promised:
            room = {"promised to it": promised} | room
        elif promised:
            room[self._tier.alias] += promised
        error = no_room(self.needed, room, self._ways_out(self.needed, room), on_one=self._is_one)
        capacities = [tier.capacity for tier in self._tiers]
        error.needed = self.needed if self.needed <= (max if self._is_one else sum)(capacities) else None
        return error

    def _ways_out(self, needed: int, room: dict[str, int]) -> str:
        others = {}
        for tier in self._capacity.asked(None):
            if tier not in self._tiers:
                with suppress(EngineError):  # its disk is not there
                    others[tier.alias] = self._free(tier)
        return ways_out(self._params, needed, room, {tier.alias: tier.capacity for tier in self._tiers}, others)

    def _room_by_tier(self) -> dict[str, int]:
        return {tier.alias: self._free(tier) for tier in self._tiers}

    def _free(self, tier: TierDirectory) -> int:
        return self._capacity.figures(tier).free

    def _take(self, size: int, asked: list[TierDirectory]) -> bool:
        """Have `size` bytes promised, and some ahead if there is room. Return False if they don't fit."""
        for wanted in (size + self._step, size):
            with suppress(CacheFull):
                tier = self._capacity.promise(wanted, asked)
                self._ahead = wanted + (self._ahead if tier is self._tier else 0)
                self._tier = tier
                return True
        return False
