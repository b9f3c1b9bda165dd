"""Files that wait to be confirmed: taken together while others can come, at once when none can."""

import threading
import time

import pytest

from avio.engines.alluxio.load.delay_queue import DelayQueue

LONG = 30.0  # seconds; no test waits for it


def test_what_is_due_waits_for_others_up_to_the_batch() -> None:
    waiting: DelayQueue[int] = DelayQueue()
    waiting.put(1)
    threading.Timer(0.05, waiting.put, [2]).start()

    assert waiting.take(2, LONG, LONG, lambda: True) == [1, 2]


def test_what_is_due_waits_for_nothing_when_no_more_can_come() -> None:
    waiting: DelayQueue[int] = DelayQueue()
    waiting.put(1)

    assert waiting.take(2, LONG, LONG, lambda: False) == [1]


def test_the_wait_ends_when_it_is_told_that_no_more_can_come() -> None:
    waiting: DelayQueue[int] = DelayQueue()
    waiting.put(1)
    over = threading.Event()

    def end() -> None:
        over.set()
        waiting.wake()

    threading.Timer(0.05, end).start()

    assert waiting.take(2, LONG, LONG, lambda: not over.is_set()) == [1]


@pytest.mark.parametrize("more", [True, False])
def test_what_is_not_due_is_left(more: bool) -> None:
    waiting: DelayQueue[int] = DelayQueue()
    waiting.put(1)
    waiting.put(2, LONG)

    assert waiting.take(5, 0.05, LONG, lambda: more) == [1]
    assert waiting.take(5, 0.05, 0.05, lambda: more) == []


def test_the_wait_has_an_end() -> None:
    waiting: DelayQueue[int] = DelayQueue()
    waiting.put(1)
    began = time.monotonic()

    assert waiting.take(2, 0.05, LONG, lambda: True) == [1]
    assert time.monotonic() - began < 5
