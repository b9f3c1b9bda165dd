"""Calls for the things of a stream, some ahead of their turn, side by side.

Used in the job process.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def read_ahead(pool: Executor, call: Callable[[T], R], things: Iterable[T], most: int) -> Iterator[tuple[T, R]]:
    """Yield each of `things` with its result, in their order. At most `most` are called for ahead of their turn."""
    waiting: deque[tuple[T, Future[R]]] = deque()
    for thing in things:
        waiting.append((thing, pool.submit(call, thing)))
        if len(waiting) > most:
            first, result = waiting.popleft()
            yield first, result.result()
    for first, result in waiting:
        yield first, result.result()
