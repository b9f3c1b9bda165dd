"""Entries that stand alike: made as they are asked for."""

import pytest

from avio.engines.alike import Alike
from avio.engines.base import Entry, EntryState


def entry(place: int) -> Entry:
    return Entry(f"/{place}", "file", 10, None, EntryState.CACHED)


def test_entries_are_made_as_they_are_asked_for() -> None:
    made: list[int] = []

    def make(place: int) -> Entry:
        made.append(place)
        return entry(place)

    alike = Alike(3, 30, make)
    assert (len(alike), alike.size, made) == (3, 30, [])
    assert alike[0] == entry(0)
    assert made == [0]
    assert list(alike) == [entry(0), entry(1), entry(2)]
    assert alike[1:] == [entry(1), entry(2)]
    with pytest.raises(IndexError):
        alike[3]
