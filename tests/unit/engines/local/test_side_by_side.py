"""Several streams are read at once: all that they yield comes, or the first error, and none is left running."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from avio.engines.local.buckets.side_by_side import side_by_side
from tests.processes import wait_until

LIMIT = 10.0  # seconds


def test_all_of_all_streams_comes() -> None:
    assert sorted(side_by_side([iter([1, 2]), iter([3]), iter([])])) == [1, 2, 3]


def test_an_error_of_one_ends_it() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise KeyError("two")

    with pytest.raises(KeyError, match="two"):
        list(side_by_side([broken(), iter([3])]))


def test_streams_end_when_their_reader_leaves() -> None:
    ended = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            ended.set()

    with closing(side_by_side([endless()])) as found:
        next(found)
    assert ended.wait(LIMIT)


def test_streams_for_which_there_is_no_thread_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    start, begun = threading.Thread.start, []

    def refuses(self: threading.Thread) -> None:
        if begun:
            raise RuntimeError("can't start new thread")
        begun.append(self)
        start(self)

    monkeypatch.setattr(threading.Thread, "start", refuses)
    assert list(side_by_side([iter([1, 2]), iter([3])])) == [1, 2]
    wait_until(lambda: not begun[0].is_alive(), LIMIT, "the thread to end")
