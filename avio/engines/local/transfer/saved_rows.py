"""How the files of a save cross to a mover, and their outcomes back. Most go at the first try: they have the least row.

Used in the job process and in its movers. Pure.
"""

from collections.abc import Sequence

from avio.engines.base import STATES, Entry, Moved
from avio.engines.content import Content
from avio.engines.movers.packets import Row, described, error_of
from avio.errors import EngineError
from avio.wire.results import OUTCOMES, Outcome

SIZE = 1  # where a row of `to_save` has it

new = tuple.__new__


def to_save(entry: Entry) -> Row:
    """Return the row that gives a file to a mover."""
    return [entry.path, entry.size, entry.modified, entry.state, entry.token]


def asked_file(row: Row) -> Entry:
    """Return the file that a row of `to_save` gives."""
    path, size, modified, state, token = row
    return Entry(path, "file", size, modified, STATES[state], token=token)


def sent(place: int, tier: str | None) -> Row:
    """Return the row of a file that is in its bucket after the first try, in the size that was listed."""
    return [place, Outcome.DONE, tier]


def is_as_sent(row: Row) -> bool:
    """Return True if `sent` made the row."""
    return len(row) == 3


def all_sent(rows: Sequence[Row], asked: Sequence[Row], entries: Sequence[Entry]) -> list[Moved]:
    """Return the outcomes that rows of `sent` tell. `asked` are the rows of the batch, `entries` its files."""
    done, unknown = Outcome.DONE, Content.UNKNOWN
    return [new(Moved, (entries[place], done, asked[place][SIZE], tier, 1, None, unknown)) for place, _, tier in rows]


def outcome_of(place: int, moved: Moved, uploads: list[str], remarks: list[str]) -> Row:
    """Return the row of any outcome, with what else the mover has learnt: uploads without a stamp, and remarks."""
    _, outcome, size, tier, tries, error, _ = moved
    why = described(error) if isinstance(error, EngineError) else None
    return [place, outcome, size, tier, tries, why, uploads, remarks]


def other_outcome(row: Row, entry: Entry) -> tuple[Moved, list[str], list[str]]:
    """Return what a row of `outcome_of` tells."""
    _, outcome, size, tier, tries, error, uploads, remarks = row
    moved = Moved(entry, OUTCOMES[outcome], size, tier, tries, error_of(error) if error else None)
    return moved, uploads, remarks
