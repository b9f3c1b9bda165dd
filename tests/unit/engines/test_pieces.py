"""How waiting blocks are cut into calls: within the window, shared where they are worth it."""

from avio.engines.alluxio.pieces import Arriving, Piece, Pieces
from avio.engines.alluxio.windows import FIRST_BLOCKS, MIB, Window
from avio.engines.alluxio.worker import LoadBlock


def pieces(count: int, size: int) -> Pieces:
    made = Pieces()
    owner = Arriving(None, None)  # type: ignore[arg-type]  # not looked at
    made.put(Piece(LoadBlock(no, size, "", 0, 1), owner) for no in range(count))
    return made


def test_the_last_large_blocks_are_shared() -> None:
    assert len(pieces(6, MIB).take(Window(), takers=3, patience=0)) == 2


def test_the_last_small_blocks_go_in_one_call() -> None:
    assert len(pieces(6, 1000).take(Window(), takers=3, patience=0)) == 6


def test_a_call_has_no_more_blocks_than_the_window() -> None:
    assert len(pieces(100, 1000).take(Window(), takers=1, patience=0)) == FIRST_BLOCKS


def test_a_call_has_no_more_bytes_than_the_window_but_one_block_always_goes() -> None:
    window = Window(most=4 * MIB)
    waiting = pieces(8, 3 * MIB)

    assert len(waiting.take(window, takers=1, patience=0)) == 1
    assert waiting.take(window, takers=1, patience=0) == ()


def test_a_window_grows_to_its_bound_and_no_further() -> None:
    window = Window(most=40 * MIB)
    for _ in range(9):
        window.went_well(0.1)

    assert window.bytes == 40 * MIB
