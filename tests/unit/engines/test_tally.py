"""The bytes of a file under way: all of one that was moved, none of any other, whatever its tries were."""

import pytest

from avio.engines.base import Entry, EntryState, Moved
from avio.engines.tally import Tally, counted
from avio.errors import Corrupt
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt

ENTRY = Entry("/data/f", "file", 100, None, EntryState.REMOTE)


def test_a_file_that_was_moved_has_all_of_its_bytes_under_way() -> None:
    run = Attempt()

    def move(tally: Tally) -> Moved:
        tally.moved(30)
        assert (run.bytes, run.in_flight) == (30, 30)
        return Moved(ENTRY, Outcome.DONE, 100)

    counted(run, move)
    assert (run.bytes, run.in_flight) == (30, 100)


@pytest.mark.parametrize("outcome", [Outcome.SKIPPED, Outcome.KEPT, Outcome.FAILED])
def test_no_other_file_has_any(outcome: Outcome) -> None:
    run = Attempt()

    def move(tally: Tally) -> Moved:
        tally.moved(30)
        return Moved(ENTRY, outcome, 100)

    counted(run, move)
    assert (run.bytes, run.in_flight) == (30, 0)


def test_a_try_that_fails_takes_its_bytes_back() -> None:
    run = Attempt()

    def move(tally: Tally) -> Moved:
        tally.moved(30)
        raise Corrupt("broken off")

    with pytest.raises(Corrupt):
        counted(run, move)
    assert (run.bytes, run.in_flight) == (30, 0)


def test_a_part_that_is_sent_again_counts_once_in_its_file() -> None:
    run = Attempt()
    whole = Tally(run)
    part = Tally(whole)
    for _ in range(2):
        part.settle()
        part.moved(40)
    assert (run.bytes, run.in_flight) == (80, 40)
    part.settle(50)
    whole.settle(50)
    assert (run.bytes, run.in_flight) == (80, 50)


def test_bytes_that_movers_have_counted_are_taken_back_with_the_file() -> None:
    run = Attempt()
    tally = Tally(run)
    run.advanced(60)
    tally.adopt(60)
    assert run.in_flight == 60
    tally.settle()
    assert run.in_flight == 0
