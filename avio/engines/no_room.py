"""The error of a preload that does not fit: what it needs, what each tier has, and what its user can do.

Used in the job process. The cures have the words of the API; the CLI translates them.
"""

from collections.abc import Mapping
from types import MappingProxyType

from avio.errors import CacheFull
from avio.terminal.cells import size
from avio.wire.params import Params

NONE: Mapping[str, int] = MappingProxyType({})


def no_room(needed: int, room: Mapping[str, int], cure: str, *, on_one: bool = False) -> CacheFull:
    """Return the error of a preload that needs `needed` bytes or more, all on one tier if `on_one`.

    `room` has the bytes that the preload may have, by tier.
    """
    figures = readable([needed, *room.values()])
    parts = ", ".join(f"{alias} {figure}" for alias, figure in zip(room, figures[1:], strict=True))
    one = " on one tier" if on_one else ""
    return CacheFull(f"{figures[0]} or more are needed{one}; room for it: {parts or 'none'}", cure=cure)


def too_large(needed: int, capacity: Mapping[str, int], cure: str, *, on_one: bool) -> CacheFull:
    """Return the error of a preload that could not fit if its tiers were empty. `capacity` is by tier."""
    figures = readable([needed, *capacity.values()])
    parts = ", ".join(f"{alias} {figure}" for alias, figure in zip(capacity, figures[1:], strict=True))
    what = f"{figures[0]} or more are needed{' on one tier' if on_one else ''}"
    return CacheFull(f"{what}, which can never fit; without other files there is room for {parts}", cure=cure)


def ways_out(
    params: Params, needed: int, room: Mapping[str, int], capacity: Mapping[str, int], others: Mapping[str, int] = NONE
) -> str:
    """Return what the user of a preload can do, with nothing that it does already or that can't help.

    `room` and `capacity` are those of the tiers that it may use, `others` is the room of tiers that it did not ask for.
    """
    on_one = not params.spread
    ways = []
    if needed <= (max(capacity.values(), default=0) if on_one else sum(capacity.values())):
        ways.append("free some of the cache (POST /free)")
    if roomy := [alias for alias, free in others.items() if free >= needed]:
        ways.append(f"use tier={roomy[0]}, which has room for it")
    if on_one and len(room) > 1 and sum(room.values()) >= needed:
        ways.append("use spread=true to let its files go to several tiers")
    return ", or ".join([*ways, *less(params)])


def less(params: Params) -> list[str]:
    """Return how a preload asks for less."""
    return [*(["use ifFull=partial to load what fits"] if params.if_full != "partial" else []), "request less"]


def readable(numbers: list[int]) -> list[str]:
    """Return bytes in units, or as they are if two that differ would look alike."""
    texts = [size(number) for number in numbers]
    return texts if len(set(texts)) == len(set(numbers)) else [f"{number:,} bytes" for number in numbers]
