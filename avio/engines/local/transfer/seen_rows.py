"""How a mover tells what it has found of a file at a check, as a row. Most files lie as it has put them: the least row.

Used in the job process and in its movers. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from avio.engines.base import Entry, EntryState
from avio.engines.local.tiers import Copy
from avio.engines.movers.packets import Row

PLACED, CACHED, OTHER, UNCHECKED = "placed", "cached", "other", "unchecked"
CHANGED = "changed"  # of a file that was saved: since it was sent


def seen(entry: Entry) -> Row:
    """Return the row of a file, without its path."""
    if entry.state is EntryState.CACHED:
        [alias] = entry.tiers
        return [CACHED, entry.size, entry.modified, alias, entry.token]
    found: dict[str, Any] = asdict(entry)
    del found["path"]
    return [OTHER, found]


def seen_placed(copy: Copy) -> Row:
    """Return the row of a file that lies as it was put there, in the version that was asked for."""
    return [PLACED, copy.size, copy.tier.alias]


def confirmed(place: int, copy: Copy) -> Row:
    """Return the row of a saved file, at `place` of its batch, that is the object that was asked for."""
    return [place, copy.size, copy.tier.alias]


def is_confirmed(row: Row) -> bool:
    """Return True if `confirmed` made the row, and not a mover that can't say so."""
    return len(row) == 3


def tier_of_placed(row: Row) -> str:
    """Return the alias of the tier if the `row`, with its place, is of `seen_placed`; else ""."""
    return str(row[3]) if row[1] == PLACED else ""


def size_of_placed(rows: Iterable[Row]) -> int:
    """Return the bytes of files whose rows, with their places, are of `seen_placed`."""
    return sum([row[2] for row in rows])


def entry_of(asked: Entry, row: Row, roots: Mapping[str, str]) -> Entry:
    """Return what was found of the file `asked`. `roots` are the directories of the tiers by their aliases."""
    kind, *found = row
    path = asked.path
    if kind == OTHER:
        return Entry(path=path, **{**found[0], "state": EntryState(found[0]["state"])})
    if kind == PLACED:
        size, alias = found
        modified, token = asked.modified, asked.token
    else:
        size, modified, alias, token = found
    return cached_entry(path, size, modified, alias, token, roots)


def cached_entry(
    path: str, size: int, modified: float | None, alias: str, token: str | None, roots: Mapping[str, str]
) -> Entry:
    """Return the entry of a file that is cached on the tier `alias`, and equal to the bucket's."""
    return Entry(
        path,
        "file",
        size,
        modified,
        EntryState.CACHED,
        size,
        {alias: size},
        True,
        files=1,
        files_cached=1,
        token=token,
        local_path=roots[alias] + path,
    )
