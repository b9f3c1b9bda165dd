"""The same work in many threads at once, each with a connection of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from avio.db.connection import borrow

T = TypeVar("T")

LIMIT = 30.0  # seconds


def abreast(threads: int, work: Callable[[int], T]) -> list[T]:
    """Run `work(0)` to `work(threads - 1)`, all let loose together; return what they returned."""
    line = threading.Barrier(threads)

    def one(number: int) -> T:
        with borrow():
            line.wait(LIMIT)
            return work(number)

    with ThreadPoolExecutor(threads) as pool:
        return [done.result(LIMIT) for done in [pool.submit(one, number) for number in range(threads)]]
