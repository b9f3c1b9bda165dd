"""How a mover tells the outcome of a file of a preload, as a row. Most files arrive as planned: the least row.

Used in the job process and in its movers. Pure.
"""

from collections.abc import Sequence

from avio.engines.base import Entry, Moved
from avio.engines.content import CONTENTS, Content
from avio.engines.movers.packets import Row, error_of
from avio.wire.results import OUTCOMES, Outcome

# What the job process sends for a file: its path, size, token, the alias of its tier, its state, the tiers it has left.
SIZE, TIER = 1, 3

new = tuple.__new__


def arrived(place: int, content: Content) -> Row:
    """Return the row of a file that is in its tier at the first try, in the size that was reserved for it."""
    return [place, Outcome.DONE, content]


def is_as_planned(row: Row) -> bool:
    """Return True if `arrived` made the row."""
    return len(row) == 3


def all_arrived(rows: Sequence[Row], asked: Sequence[Row], entries: Sequence[Entry]) -> list[Moved]:
    """Return the outcomes that rows of `arrived` tell. `asked` are the rows of the batch, `entries` its files."""
    done, contents = Outcome.DONE, CONTENTS
    return [
        new(Moved, (entries[place], done, asked[place][SIZE], asked[place][TIER], 1, None, contents[content]))
        for place, _, content in rows
    ]


def other_outcome(row: Row, entry: Entry) -> tuple[Moved, bool]:
    """Return the outcome that any other row tells, and whether the file takes the room that was reserved for it."""
    _, outcome, size, tier, tries, content, as_reserved, error = row
    why = error_of(error) if error else None
    return Moved(entry, OUTCOMES[outcome], size, tier, tries, why, CONTENTS[content]), as_reserved
