"""Whether a preload would fit into the cache as it is now: the rules of admission, on figures alone. Reserves nothing.

Used in the job process. Pure.
"""

from collections.abc import Mapping, Sequence

from avio.engines.admission import room_by_tier
from avio.engines.no_room import NONE, less, no_room, too_large, ways_out
from avio.engines.tier import Tier
from avio.errors import CacheFull
from avio.terminal.cells import size
from avio.wire.params import WAIT, Params
from avio.wire.plans import Plan, PlannedTier

# What the preload does when not all fits, by its `ifFull`.
_INSTEAD = {"partial": "; ifFull=partial loads what fits", WAIT: "; ifFull=wait waits for room"}


def forecast(
    plan: Plan,
    tiers: Sequence[Tier],
    params: Params,
    needed: int,
    held: int,
    *,
    spreads: bool,
    droppable: Mapping[str, int] = NONE,
) -> CacheFull | None:
    """Write into `plan` which of `tiers` have room for `needed` bytes, and whether the preload fits.

    `held` bytes of its files are in the cache already. In a cache that drops old files for new ones they need room too.
    `droppable` bytes of each tier may be dropped for it. Return the error that the preload would end with.
    """
    asked = [tier for tier in tiers if params.tier in (None, tier.alias)]
    gives_way = bool(asked) and all(tier.gives_way for tier in asked)
    total = needed + held if gives_way else needed
    by_alias: dict[str, list[Tier]] = {}
    for tier in asked:
        by_alias.setdefault(tier.alias, []).append(tier)
    for alias, parts in by_alias.items():
        drops = droppable.get(alias, 0)
        room = sum(part.room for part in parts) + drops
        free, capacity = sum(part.free for part in parts), sum(part.capacity for part in parts)
        reserved = sum(part.reserved for part in parts)
        plan.tiers.append(PlannedTier(alias, capacity, free, total <= room, reserved, drops))
    if asked:
        together = sum(tier.room for tier in asked) + sum(droppable.values()) if spreads or gives_way else 0
        plan.fits = total <= together or any(tier.fits for tier in plan.tiers)
        plan.evicts = _evicted(plan, asked, needed, whole=gives_way or spreads) if gives_way or droppable else 0
    if plan.fits is not False:
        return None
    if params.if_full == WAIT and (full := never_fits(plan, params, needed, spreads=spreads)) is not None:
        return full
    rooms, capacities = room_by_tier(asked), {tier.alias: tier.capacity for tier in plan.tiers}
    cure = ", or ".join(less(params)) if gives_way else ways_out(params, needed, rooms, capacities)
    return no_room(total, rooms, cure, on_one=not (spreads or gives_way) and len(rooms) > 1)


def _evicted(plan: Plan, asked: Sequence[Tier], needed: int, *, whole: bool) -> int:
    """Return the bytes of other data that are dropped: of all tiers, or of the one that then has room for all."""
    if whole:
        return max(0, needed - sum(tier.free for tier in asked))
    return min((max(0, needed - tier.free) for tier in plan.tiers if tier.fits), default=0)


def never_fits(plan: Plan, params: Params, needed: int, *, spreads: bool) -> CacheFull | None:
    """Return the error of a preload that would wait in vain: it needs more than there is."""
    capacities = {tier.alias: tier.capacity for tier in plan.tiers}
    if needed <= (sum(capacities.values()) if spreads else max(capacities.values(), default=0)):
        return None
    cure = ways_out(params, needed, capacities, capacities)
    return too_large(needed, capacities, cure, on_one=not spreads and len(capacities) > 1)


def in_words(plan: Plan, params: Params, *, never: bool = False) -> str:
    """Return such as `5.2 GiB free on mem: fits`; empty if there is no cache to fill. `never`: it waits in vain."""
    if plan.fits is None:
        return ""
    fitting = [tier for tier in plan.tiers if tier.fits][:1] or plan.tiers
    free = ", ".join(f"{size(tier.free)} free on {tier.alias}" for tier in fitting)
    if promised := [f"{size(tier.reserved)} more on {tier.alias}" for tier in fitting if tier.reserved]:
        free += f" (running jobs were promised {', '.join(promised)})"
    if plan.fits:
        return f"{free}: fits" + (f"; {size(plan.evicts)} of other data give way" if plan.evicts else "")
    return f"{free}: " + ("can never fit" if never else "does not fit" + _INSTEAD.get(params.if_full, ""))
