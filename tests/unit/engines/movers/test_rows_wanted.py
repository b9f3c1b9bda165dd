"""A mover gets as many rows as it wants under way, and never more than its socket takes."""

import time
from contextlib import suppress

import pytest

from avio.engines.movers.handle import GROW_BYTES
from tests.unit.engines.movers.test_pool import MANY, once
from tests.unit.engines.movers.thread_movers import LIMIT, Act, Fleet, Wire


def taking(wanted: int, seen: list[int], before: float = 0.0) -> Act:
    """Return a mover that wants so many rows under way, and notes how many it got before it tells of the first.

    `before` it reads any it sleeps so many seconds.
    """

    def act(wire: Wire) -> None:
        Fleet.made[-1].page.want(0, wanted)
        batches = [wire.batch()]
        time.sleep(before)
        wire.sock.settimeout(0.3)
        with suppress(TimeoutError):
            while len(batches) < 100:
                batches.append(wire.batch())
        seen.append(sum(len(rows) for _, rows in batches))
        wire.sock.settimeout(LIMIT)
        for number, rows in batches:
            wire.done(number, *range(len(rows)))
        with suppress(IndexError):  # the pool is closed
            while True:
                number, rows = wire.batch()
                wire.done(number, *range(len(rows)))

    return act


@pytest.mark.parametrize(("wanted", "least", "most"), [(0, 200, 200), (50, 200, 200), (300, 600, 699)])
def test_a_mover_gets_as_many_rows_as_it_wants_under_way(wanted: int, least: int, most: int) -> None:
    seen: list[int] = []
    fleet = Fleet(taking(wanted, seen))
    assert once(list(fleet.spread(MANY))) == sorted(MANY)
    assert least <= seen[0] <= most


@pytest.mark.parametrize("length", [1, 200, 4000])
def test_a_mover_that_does_not_read_gets_no_more_than_its_socket_takes(length: int) -> None:
    seen: list[int] = []
    texts = [f"{number:04}".ljust(length, "x") for number in range(3000)]
    fleet = Fleet(taking(100_000, seen, before=0.3))
    assert once(list(fleet.spread(texts))) == texts


def test_single_rows_fill_no_socket_either() -> None:
    seen: list[int] = []
    worklist = (text for number in range(1500) for text in (f"{number:04}", None))
    fleet = Fleet(taking(100_000, seen, before=0.3))
    assert len(once(list(fleet.spread(worklist)))) == 1500


def test_of_large_files_a_mover_gets_two_batches_whatever_it_wants() -> None:
    seen: list[int] = []
    fleet = Fleet(taking(1000, seen))
    assert once(list(fleet.spread(MANY[:12], size=GROW_BYTES))) == sorted(MANY[:12])
    assert seen == [4]  # two of 64 MiB in each
