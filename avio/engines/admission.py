"""Whether a preload fits: its bytes are added up as they are listed, before they are moved.

Used in the job process.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from avio.engines.no_room import NONE, less, no_room, ways_out
from avio.errors import CacheFull
from avio.wire.params import Params

TIGHT_PART = 4  # of the room: a preload that takes more than this part may not fit


class Admission:
    """The room for one preload, until it is closed. `room` is a number of bytes; None is unlimited.

    A preload that `holds` moves nothing for a short time, or until all is listed; longer while it is `tight`.
    `by_tier` and `cure` are for the error of files that don't fit.
    """

    spare: int | None = None  # bytes that a cache takes without a drop, if it drops old files for new ones
    spares = False  # no file of others is dropped
    holds_all = False  # nothing moves before all is listed and `complete` has returned

    def __init__(self, room: int | None, by_tier: Mapping[str, int] = NONE, cure: str = CacheFull.cure) -> None:
        self.needed = 0
        self._room = room
        self._by_tier, self._cure = by_tier, cure

    @property
    def holds(self) -> bool:
        """Return True if the end of the listing is worth a short wait."""
        return self._room is not None

    @property
    def tight(self) -> bool:
        """Return True if what is listed so far takes much of the room, so that the rest may not fit."""
        return self._room is not None and self.needed * TIGHT_PART > self._room

    def add(self, size: int, held: Mapping[str, int] = MappingProxyType({})) -> None:
        """Take `size` bytes of the room. `held` are bytes that are in place already, by tier.

        Raises CacheFull if they don't fit.
        """
        self.needed += size
        if self._room is not None and self.needed > self._room:
            raise self._no_room(self.needed, self._room)

    def complete(self, run: Any) -> None:
        """All files are added. Raises CacheFull if they don't fit now. `run` is a `Run`, for work that takes long."""

    def reserved(self) -> dict[str, int]:
        """Return the bytes that the process was promised and has not brought, by tier, where the cache promises any."""
        return {}

    def others(self) -> int:
        """Return the bytes of other data that give way to what was added."""
        return 0 if self.spare is None else max(0, self.needed - self.spare)

    def protect(self, entries: Iterable[Any], run: Any) -> None:
        """Make `entries`, which are in place, the last to give way, as far as the cache can. `run` is a `Run`."""

    def close(self) -> None:
        """Give back what was not used. Idempotent."""

    def _no_room(self, needed: int, room: int) -> CacheFull:
        return no_room(needed, self._by_tier or {"all tiers": room}, self._cure)


class GivingWay(Admission):
    """The room in a cache that drops old files for new ones: `spare` bytes of `room` without a drop.

    It is for all files of the order, since those in place would give way to the others. With ifFull `partly` the
    order takes what fits.
    """

    def __init__(self, room: int, spare: int, params: Params, by_tier: Mapping[str, int] = NONE) -> None:
        super().__init__(room, by_tier, ", or ".join(less(params)))
        self.spare = spare
        self._total_room = room
        self._partly = params.if_full == "partial"
        self._held = 0

    @property
    def holds(self) -> bool:
        """Return True if the files that don't fit are refused together."""
        return not self._partly

    @property
    def tight(self) -> bool:
        """Return True if what is listed so far takes much of the room, and is refused if it does not fit."""
        return not self._partly and (self._held + self.needed) * TIGHT_PART > self._total_room

    def hold(self, size: int) -> None:
        """Count `size` bytes that are in place, whether they fit or not."""
        self._held += size

    def add(self, size: int, held: Mapping[str, int] = MappingProxyType({})) -> None:
        """Take `size` bytes of the room, and `held` ones that are in place. Raises CacheFull if they don't fit."""
        in_place = sum(held.values())
        total = self._held + self.needed + size + in_place
        if total > self._total_room:
            raise self._no_room(total, self._total_room)
        self.needed += size
        self._held += in_place


def admission_of(tiers: Sequence[Any], params: Params, *, spreads: bool) -> Admission:
    """Return the room of tiers. It is unlimited if the engine takes what fits (`ifFull`) and no old file gives way."""
    rooms, capacities = room_by_tier(tiers), {tier.alias: tier.capacity for tier in tiers}
    if tiers and all(tier.gives_way for tier in tiers):
        return GivingWay(sum(rooms.values()), sum(tier.free for tier in tiers), params, rooms)
    if params.if_full == "partial":
        return Admission(None)
    room = sum(rooms.values()) if spreads else max(rooms.values(), default=0)
    return Admission(room, rooms, ways_out(params, room + 1, rooms, capacities))


def room_by_tier(tiers: Iterable[Any]) -> dict[str, int]:
    """Return the bytes that a preload can bring in, by the alias of the tier."""
    rooms: dict[str, int] = {}
    for tier in tiers:
        rooms[tier.alias] = rooms.get(tier.alias, 0) + tier.room
    return rooms
