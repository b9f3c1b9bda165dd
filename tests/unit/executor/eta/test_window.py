"""The samples of a transfer: few chunks, however long it takes, and no time is lost."""

from itertools import pairwise

from avio.executor.eta.cost_model import Cost
from avio.executor.eta.window import EARLY_WEIGHT, MAX_CHUNKS, Window


def test_a_long_transfer_has_few_chunks_with_all_its_files_and_seconds() -> None:
    window = Window()
    for half in range(20_000):
        window.add(half / 2, half, 10 * half)

    samples = window.samples()

    assert len(samples) <= MAX_CHUNKS
    assert sum(each.first for each in samples) == 19_998
    assert sum(each.seconds for each in samples) == 9999.0
    assert all(older.weight < newer.weight for older, newer in pairwise(samples))


def test_the_first_files_begin_the_time_and_are_none_of_a_chunk() -> None:
    window = Window()
    for second in range(60):
        window.add(second, 0, 0)
    window.add(60, 5, 50)
    window.add(61, 8, 80)

    assert window.began == 60
    assert [(each.first, each.seconds) for each in window.samples()] == [(3, 1)]


def test_time_without_a_file_counts_to_the_chunk_before() -> None:
    window = Window()
    for second, files in ((0, 0), (1, 10), (2, 20), (3, 20), (4, 20)):
        window.add(second, files, 0)

    assert [(each.first, each.seconds) for each in window.samples()] == [(10, 3)]
    assert window.silence == 2


def test_the_first_chunks_and_those_beside_the_listing_count_less() -> None:
    window = Window()
    for second in range(6):
        window.add(second, second, 0, listing=second in (3, 4))

    assert [each.weight > 2 * EARLY_WEIGHT for each in window.samples()] == [False, False, False, True]


def test_the_pace_is_that_of_the_last_chunks() -> None:
    window = Window()
    files = 0
    for half in range(200):
        files += 10 if half < 150 else 5
        window.add(half / 2, files, 0)

    assert window.pace(Cost(0.05, 0.0, (0, 0, 0), 0.0)) > 1.4


def test_counts_that_fall_change_nothing() -> None:
    window = Window()
    for second, files in enumerate((0, 10, 20, 5, 21)):
        window.add(second, files, 10 * files)

    assert sum(each.first for each in window.samples()) == 11
