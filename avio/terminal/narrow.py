"""Which columns of a table a terminal has room for, and how wide they are: the one rule of all tables.

Pure functions over widths in cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from avio.terminal.layout import GAP

LEAST_CUT = 16  # cells that a shortened text keeps


@dataclass(frozen=True, slots=True)
class Need:
    """A column as it would be: its width, that of its short form (the same if it has none), and its widest cell.

    `rank` 0 names the row: it is never shortened and never left out. Of the others the highest gives way first.
    """

    full: int
    short: int
    widest: int
    rank: int
    is_text: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A column that is shown: its number, its width, and whether in its short form."""

    number: int
    width: int
    is_short: bool


def choose(needs: Sequence[Need], room: int | None) -> list[Place]:
    """Return the columns that fit into `room` cells; all of them as they are if it is None.

    First come the short forms. Then, from the highest rank on, a text is shortened to no less than LEAST_CUT, and
    any other column is left out, until the line fits; at last texts are left out, too. Cells that are left go back
    to the texts.
    """
    places = [Place(number, need.full, is_short=False) for number, need in enumerate(needs)]
    if room is None:
        return [replace(place, width=max(place.width, needs[place.number].widest)) for place in places]
    if _line(places) > room:
        places = [Place(number, need.short, need.short < need.full) for number, need in enumerate(needs)]
    yielding = sorted((number for number, need in enumerate(needs) if need.rank), key=lambda each: -needs[each].rank)
    for number in yielding:
        if (over := _line(places) - room) > 0:
            places = _shortened(places, number, over) if needs[number].is_text else _without(places, number)
    for number in yielding:
        if _line(places) > room:
            places = _without(places, number)
    return _widened(places, needs, room)


def _without(places: Sequence[Place], number: int) -> list[Place]:
    return [place for place in places if place.number != number]


def _shortened(places: Sequence[Place], number: int, over: int) -> list[Place]:
    return [
        replace(place, width=min(place.width, max(LEAST_CUT, place.width - over))) if place.number == number else place
        for place in places
    ]


def _widened(places: Sequence[Place], needs: Sequence[Need], room: int) -> list[Place]:
    """Return the places with the cells that are left, for the texts of the lowest rank first."""
    widths = {place.number: place.width for place in places}
    left = room - _line(places)
    for number in sorted(widths, key=lambda each: needs[each].rank):
        more = max(0, min(left, needs[number].widest - widths[number])) if needs[number].is_text else 0
        widths[number] += more
        left -= more
    return [replace(place, width=widths[place.number]) for place in places]


def _line(places: Sequence[Place]) -> int:
    return sum(place.width for place in places) + len(GAP) * (len(places) - 1)
