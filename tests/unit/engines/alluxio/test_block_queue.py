"""How waiting blocks are cut into calls: within the window, shared where they are worth it."""

from avio.engines.alluxio.clients.worker import LoadBlock
from avio.engines.alluxio.load.adaptive_window import FIRST_BLOCKS, MIB, AdaptiveWindow
from avio.engines.alluxio.load.block_queue import BlockQueue, BlockTask, LoadingFile
from avio.engines.bandwidth import Bandwidth


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


def test_no_more_blocks_are_with_workers_than_the_job_may_have_and_that_may_change() -> None:
    most = 3
    queue, windows = BlockQueue(lambda: most), [AdaptiveWindow(), AdaptiveWindow()]
    file = LoadingFile(None, None)  # type: ignore[arg-type]  # not looked at
    queue.put(BlockTask(LoadBlock(no, 1000, "", 0, 1), file) for no in range(50))

    first = queue.take(windows[0], takers=1, patience=0)
    assert len(first) == 3
    assert queue.take(windows[1], takers=1, patience=0) == ()

    most = 5
    assert len(queue.take(windows[1], takers=1, patience=0)) == 2

    most = 2
    queue.done(windows[0], first, 0.1)
    assert queue.take(windows[0], takers=1, patience=0) == ()


def test_a_call_is_no_larger_than_the_bandwidth_of_the_job_allows() -> None:
    bandwidth = Bandwidth(10 * MIB)
    window = AdaptiveWindow(piece=bandwidth.piece)
    assert window.call_bytes() == MIB

    bandwidth.set(None)

    assert window.call_bytes() == AdaptiveWindow().call_bytes()


def with_free(*free: int) -> tuple[BlockQueue, list[AdaptiveWindow]]:
    """Return six blocks of a MiB, and windows of workers with so many free bytes."""
    waiting, windows = tasks(6, MIB), [AdaptiveWindow() for _ in free]
    for window, size in zip(windows, free, strict=True):
        waiting.know(window, size)
    return waiting, windows


def test_a_full_worker_waits_while_another_has_free_bytes() -> None:
    waiting, (full, empty) = with_free(0, 100 * MIB)

    assert waiting.take(full, takers=1, patience=0) == ()
    assert len(waiting.take(empty, takers=1, patience=0)) == 6


def test_a_block_that_a_worker_with_free_bytes_did_not_load_goes_to_any() -> None:
    waiting, (full, empty) = with_free(0, 100 * MIB)
    batch = waiting.take(empty, takers=1, patience=0)
    waiting.done(empty, batch, None, missed=6 * MIB)
    for task in batch:
        task.tries += 1
    waiting.put(batch)

    assert len(waiting.take(full, takers=1, patience=0)) == 6
