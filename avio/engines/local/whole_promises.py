"""The room of a preload that moves nothing before it has room for all: ifFull=wait and ifFull=evict.

Used in the job process. All is promised at once, when all is listed, or nothing is: whoever waits for room has none
that another job could wait for.
"""

from collections.abc import Sequence

from avio.engines.local.capacity import Capacity
from avio.engines.local.evictions import Evictions
from avio.engines.local.promises import Promises
from avio.engines.local.tiers import TierDirectory
from avio.engines.no_room import too_large, ways_out
from avio.engines.run import Run
from avio.errors import CacheFull
from avio.terminal.cells import size as shown_size
from avio.wire.params import EVICT, WAIT, Params

MOST_ROUNDS = 100  # of drops: others may take the room each time


class WholePromises(Promises):
    """The promises of one preload. With `evictions` files of others are dropped for it."""

    holds_all = True

    def __init__(self, capacity: Capacity, params: Params, evictions: Evictions | None = None) -> None:
        super().__init__(capacity, params)
        self._evictions = evictions
        self._largest = self._too_few = 0
        self._has_all = False
        self._spreads = params.spread
        if not self._spreads:
            self._targets = []

    @property
    def holds(self) -> bool:
        """Return True: nothing moves before `complete` has returned."""
        return True

    def complete(self, run: Run) -> None:
        """Have all bytes promised, after drops if there may be some. Raise CacheFull if they don't fit now."""
        with self._lock:
            for _ in range(MOST_ROUNDS):
                try:
                    self._take_all()
                except CacheFull as full:
                    error = full
                else:
                    return
                if not self._make_room(run):
                    break
            raise self._refused(error)

    def _promise(self, size: int) -> None:
        """Promise nothing yet. Raise CacheFull if all could not fit if the tiers were empty but for its own files."""
        self._largest = max(self._largest, size)
        rooms = {tier.alias: max(0, tier.capacity - self._held[tier.alias]) for tier in self._tiers}
        if self.needed > (sum(rooms.values()) if self._spreads else max(rooms.values())):
            cure = ways_out(self._params, self.needed, rooms, rooms)
            raise too_large(self.needed, rooms, cure, on_one=self._is_one)

    def _take_all(self) -> None:
        """Have all promised, on one tier or with `spread` on several. Raise CacheFull, and have nothing, otherwise."""
        if self._has_all:
            return
        if self._spreads:
            self._take_spread()
        else:
            self._choose(1)
        self._has_all = True

    def _take_spread(self) -> None:
        left = self._wanted()
        try:
            for tier in self._tiers:
                part = min(left, self._free(tier))
                if part and self._take_part(part, tier):
                    left -= part
        except BaseException:  # a tier may not answer: the next call takes all again
            self._capacity.give_back(self._tiers)
            raise
        if left:
            self._capacity.give_back(self._tiers)
            raise self._refusal(0)

    def _take_part(self, size: int, tier: TierDirectory) -> bool:
        try:
            self._capacity.promise(size, [tier])
        except CacheFull:
            return False
        return True

    def _wanted(self) -> int:
        """Return the bytes to ask for. A file lies on one tier: what is left on each may be too small for the last."""
        if not self._spreads:
            return self.needed
        most = sum(tier.capacity - self._held[tier.alias] for tier in self._tiers)
        return min(most, self.needed + self._largest * (len(self._tiers) - 1))

    def _make_room(self, run: Run) -> bool:
        """Drop files of others, on the first tier where that is enough. Return False if nothing was dropped.

        A job drops no more than it needs, in all its rounds: a program that reads a file, or a snapshot, keeps its
        bytes on the disk, and all would be dropped for nothing.
        """
        if self._evictions is None or self.spares or self._evictions.dropped_bytes >= self._wanted():
            return False
        order = sorted(self._tiers, key=lambda tier: (-self._held[tier.alias], -self._free(tier)))
        groups = [self._tiers] if self._spreads else [[tier] for tier in order if self._could_have(tier)]
        return any(self._drop_on(self._evictions, tiers, run) for tiers in groups)

    def _could_have(self, tier: TierDirectory) -> bool:
        return self.needed + self._held[tier.alias] <= tier.capacity

    def _drop_on(self, evictions: Evictions, tiers: Sequence[TierDirectory], run: Run) -> bool:
        lacking = self._wanted() - sum(map(self._free, tiers))
        if lacking <= 0:  # another job has given some back
            return True
        if (droppable := sum(map(evictions.droppable, tiers))) < lacking:
            self._too_few = max(self._too_few, droppable)
            return False
        dropped = 0
        for tier in tiers:
            dropped += evictions.drop(tier, lacking - dropped, run)
            if dropped >= lacking:
                break
        return dropped > 0

    def _refused(self, error: CacheFull) -> CacheFull:
        """Return the error of a job that found no room, with what drops can do."""
        if self._evictions is None or self.spares:
            return error
        full = CacheFull(f"{error.message}; {self._drops_in_words(self._evictions)}", cure=error.cure)
        full.needed = error.needed
        return full

    def _drops_in_words(self, evictions: Evictions) -> str:
        if self._too_few and not evictions.dropped_bytes:
            return f"of other files {shown_size(self._too_few)} may be dropped, which is not enough"
        dropped = shown_size(evictions.dropped_bytes)
        return f"{dropped} were dropped, the other files there are not saved, kept, or jobs use them"


def promises_of(capacity: Capacity, params: Params, evictions: Evictions) -> Promises:
    """Return the promises of a preload, by its `ifFull`."""
    if params.if_full not in (WAIT, EVICT):
        return Promises(capacity, params)
    return WholePromises(capacity, params, evictions if params.if_full == EVICT else None)
