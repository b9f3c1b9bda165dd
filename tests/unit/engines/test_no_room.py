"""The error of a preload that does not fit: units, the room of each tier, and only ways out that lead out."""

import pytest

from avio.engines.no_room import no_room, ways_out
from avio.wire.params import Params

GIB = 1 << 30
ROOM = {"MEM": GIB, "SSD": 3 * GIB}
CAPACITY = {"MEM": 2 * GIB, "SSD": 8 * GIB}
FREE, SPREAD, PARTLY, LESS = "POST /free", "spread=true", "ifFull=partial", "request less"


def ways(params: Params, needed: int, others: dict[str, int] | None = None) -> set[str]:
    """Return which ways out are named."""
    room, capacity = ROOM, CAPACITY
    if params.tier:
        room, capacity = {params.tier: ROOM[params.tier]}, {params.tier: CAPACITY[params.tier]}
    text = ways_out(params, needed, room, capacity, others or {})
    return {way for way in (FREE, SPREAD, PARTLY, LESS, "tier=SSD") if way in text}


def test_needs_and_room_are_in_units_for_each_tier() -> None:
    error = no_room(5 * GIB, ROOM, "the cure", on_one=True)

    assert error.message == "5.0 GiB or more are needed on one tier; room for it: MEM 1.0 GiB, SSD 3.0 GiB"
    assert error.cure == "the cure"


def test_figures_that_would_look_alike_are_exact() -> None:
    assert no_room(GIB + 1, {"MEM": GIB}, "").message == (
        "1,073,741,825 bytes or more are needed; room for it: MEM 1,073,741,824 bytes"
    )


@pytest.mark.parametrize(
    ("params", "needed", "named"),
    [
        (Params(), 4 * GIB, {FREE, SPREAD, PARTLY, LESS}),
        (Params(), 5 * GIB, {FREE, PARTLY, LESS}),  # both tiers together have not as much room
        (Params(), 9 * GIB, {PARTLY, LESS}),  # no tier is as large
        (Params(spread=True), 9 * GIB, {FREE, PARTLY, LESS}),
        (Params(spread=True), 11 * GIB, {PARTLY, LESS}),
        (Params(if_full="partial"), 4 * GIB, {FREE, SPREAD, LESS}),
        (Params(if_full="partial", spread=True), 5 * GIB, {FREE, LESS}),
        (Params(tier="MEM"), 2 * GIB, {FREE, PARTLY, LESS}),
    ],
    ids=[
        "one tier",
        "more than free",
        "more than a tier",
        "spread",
        "spread, more than all",
        "partial",
        "partial, spread",
        "a tier",
    ],
)
def test_only_what_helps_and_is_not_set_yet_is_named(params: Params, needed: int, named: set[str]) -> None:
    assert ways(params, needed) == named


def test_another_tier_is_named_if_it_has_the_room() -> None:
    assert "tier=SSD" in ways(Params(tier="MEM"), 2 * GIB, {"SSD": 2 * GIB})
    assert "tier=SSD" not in ways(Params(tier="MEM"), 2 * GIB, {"SSD": 2 * GIB - 1})
