"""How waiting blocks are cut into calls: within the window, shared where they are worth it."""

from avio.engines.alluxio.clients.worker import LoadBlock
from avio.engines.alluxio.load.adaptive_window import FIRST_BLOCKS, MIB, AdaptiveWindow
from avio.engines.alluxio.load.block_queue import BlockQueue, BlockTask, LoadingFile


def tasks(count: int, size: int) -> BlockQueue:
    made = BlockQueue()
    file = LoadingFile(None, None)  # type: ignore[arg-type]  # not looked at
    made.put(BlockTask(LoadBlock(no, size, "", 0, 1), file) for no in range(count))
    return made


def test_the_last_large_blocks_are_shared() -> None:
    assert len(tasks(6, MIB).take(AdaptiveWindow(), takers=3, patience=0)) == 2


def test_the_last_small_blocks_go_in_one_call() -> None:
    assert len(tasks(6, 1000).take(AdaptiveWindow(), takers=3, patience=0)) == 6


def test_a_call_has_no_more_blocks_than_the_window() -> None:
    assert len(tasks(100, 1000).take(AdaptiveWindow(), takers=1, patience=0)) == FIRST_BLOCKS


def test_a_call_has_no_more_bytes_than_the_window_but_one_block_always_goes() -> None:
    window = AdaptiveWindow(most=4 * MIB)
    waiting = tasks(8, 3 * MIB)

    assert len(waiting.take(window, takers=1, patience=0)) == 1
    assert waiting.take(window, takers=1, patience=0) == ()


def test_a_window_grows_to_its_bound_and_no_further() -> None:
    window = AdaptiveWindow(most=40 * MIB)
    for _ in range(9):
        window.went_well(0.1)

    assert window.bytes == 40 * MIB


def test_a_worker_takes_no_more_than_it_has_room_for() -> None:
    window = AdaptiveWindow(room=lambda: 2 * MIB)
    waiting = tasks(6, MIB)

    assert len(waiting.take(window, takers=1, patience=0)) == 2
    assert waiting.take(window, takers=1, patience=0) == ()


def test_what_was_not_loaded_takes_no_room() -> None:
    window = AdaptiveWindow(room=lambda: 2 * MIB)
    waiting = tasks(6, MIB)

    waiting.done(window, waiting.take(window, takers=1, patience=0), 0.1, missed=MIB)

    assert len(waiting.take(window, takers=1, patience=0)) == 1


def test_a_block_that_no_worker_has_room_for_is_unfit_once_no_call_can_give_room_back() -> None:
    small, large = AdaptiveWindow(room=lambda: MIB), AdaptiveWindow(room=lambda: 2 * MIB)
    waiting = tasks(5, MIB)
    batches = [(window, waiting.take(window, takers=1, patience=0)) for window in (small, large)]

    assert waiting.take_unfit([small, large]) == []
    for window, batch in batches:
        waiting.done(window, batch, 0.1)

    assert len(waiting.take_unfit([small, large])) == 2
    assert len(waiting) == 0


def test_a_block_that_one_worker_has_room_for_is_left_to_it() -> None:
    waiting = tasks(3, MIB)

    assert waiting.take_unfit([AdaptiveWindow(room=lambda: 0), AdaptiveWindow()]) == []
    assert len(waiting) == 3


def test_a_tier_with_room_for_a_part_of_a_block_has_none_for_it() -> None:
    window = AdaptiveWindow(room=lambda: 4 * MIB, tiers=2)
    waiting = tasks(6, MIB)

    assert len(waiting.take(window, takers=1, patience=0)) == 3  # 1 MiB is left, perhaps half of it on each tier
