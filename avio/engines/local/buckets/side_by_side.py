"""Reads several streams at once, each in a thread of its own. Used in the job process."""

import threading
from collections.abc import Generator, Iterator, Sequence
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")


def side_by_side(streams: Sequence[Iterator[T]]) -> Generator[T, None, None]:
    """Yield what `streams` yield, as it comes. Raise the first error of one. Leave them at an early end."""
    there: SimpleQueue[tuple[T] | BaseException | None] = SimpleQueue()
    left = threading.Event()

    def read(stream: Iterator[T]) -> None:
        end = None
        try:
            for each in stream:
                if left.is_set():
                    return
                there.put((each,))
        except BaseException as error:  # raised again by the reader
            end = error
        finally:
            there.put(end)

    threads = [threading.Thread(target=read, args=(each,), name="stream", daemon=True) for each in streams]
    try:
        for thread in threads:
            thread.start()
        going = len(threads)
        while going:
            found = there.get()
            if found is None:
                going -= 1
            elif isinstance(found, BaseException):
                raise found
            else:
                yield found[0]
    finally:
        left.set()
