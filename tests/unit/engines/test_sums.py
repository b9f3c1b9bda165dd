"""What a directory shows, by what its files are: the worst state wins, and empty files prove nothing."""

import pytest

from avio.engines.base import Entry, EntryState
from avio.engines.sums import Sums


def file(state: EntryState, cached: int, size: int = 4) -> Entry:
    """A file of `size` bytes with `cached` of them on the tier MEM."""
    whole = state in (EntryState.CACHED, EntryState.DIRTY)
    tiers = {"MEM": cached} if cached else {}
    saved = state is not EntryState.DIRTY
    return Entry("/f", "file", size, 0, state, cached, tiers, saved, files=1, files_cached=int(whole))


CACHED, REMOTE, DIRTY = file(EntryState.CACHED, 4), file(EntryState.REMOTE, 0), file(EntryState.DIRTY, 4)
STALE, PARTIAL, EMPTY = file(EntryState.STALE, 0), file(EntryState.PARTIAL, 2), file(EntryState.CACHED, 0, size=0)


@pytest.mark.parametrize(
    ("files", "state"),
    [
        ([], EntryState.REMOTE),
        ([CACHED, EMPTY], EntryState.CACHED),
        ([CACHED, REMOTE], EntryState.PARTIAL),
        ([PARTIAL, REMOTE], EntryState.PARTIAL),
        ([EMPTY, REMOTE], EntryState.REMOTE),
        ([CACHED, STALE], EntryState.STALE),
        ([CACHED, STALE, DIRTY], EntryState.DIRTY),
    ],
)
def test_the_state_of_a_directory(files: list[Entry], state: EntryState) -> None:
    sums = Sums()
    for each in files:
        sums.add(each)

    assert sums.entry("/d").state is state


def test_a_directory_includes_the_figures_of_those_inside_it() -> None:
    inner, outer = Sums(), Sums()
    inner.add(DIRTY)
    outer.add(PARTIAL)

    outer.include(inner)

    entry = outer.entry("/d")
    assert (entry.size, entry.cached_bytes, entry.tiers) == (8, 6, {"MEM": 6})
    assert (entry.files, entry.files_cached, entry.saved) == (2, 1, False)
