"""What a directory shows, by what its files are: the worst state wins, and empty files prove nothing."""

import pytest

from avio.engines.base import Entry, EntryState
from avio.engines.sums import Sums


def file(state: EntryState, cached: int, size: int = 4) -> Entry:
    """A file of `size` bytes with `cached` of them on the tier MEM."""
    whole = state in (EntryState.CACHED, EntryState.DIRTY)
    tiers = {"MEM": cached} if cached else {}
    saved = state not in (EntryState.DIRTY, EntryState.GONE)
    return Entry("/f", "file", size, 0, state, cached, tiers, saved, files=1, files_cached=int(whole))


CACHED, REMOTE, DIRTY = file(EntryState.CACHED, 4), file(EntryState.REMOTE, 0), file(EntryState.DIRTY, 4)
GONE = file(EntryState.GONE, 4)
STALE, PARTIAL, EMPTY = file(EntryState.STALE, 0), file(EntryState.PARTIAL, 2), file(EntryState.CACHED, 0, size=0)


@pytest.mark.parametrize(
    ("files", "state", "saved"),
    [
        ([], EntryState.REMOTE, True),
        ([CACHED, EMPTY], EntryState.CACHED, True),
        ([CACHED, REMOTE], EntryState.PARTIAL, True),
        ([PARTIAL, REMOTE], EntryState.PARTIAL, True),
        ([EMPTY, REMOTE], EntryState.REMOTE, True),
        ([CACHED, STALE], EntryState.STALE, True),
        ([CACHED, GONE], EntryState.STALE, False),
        ([CACHED, STALE, DIRTY], EntryState.DIRTY, False),
    ],
)
def test_the_state_of_a_directory(files: list[Entry], state: EntryState, *, saved: bool) -> None:
    sums = Sums()
    for each in files:
        sums.add(each)

    entry = sums.entry("/d")
    assert (entry.state, entry.saved) == (state, saved)


def test_a_directory_includes_the_figures_of_those_inside_it() -> None:
    inner, outer = Sums(), Sums()
    inner.add(GONE)
    outer.add(PARTIAL)

    outer.include(inner)

    entry = outer.entry("/d")
    assert (entry.size, entry.cached_bytes, entry.tiers) == (8, 6, {"MEM": 6})
    assert (entry.files, entry.files_cached, entry.saved) == (2, 0, False)
