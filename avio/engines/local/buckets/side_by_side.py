"""Reads several streams at once, each in a thread of its own. Used in the job process."""

import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")


def side_by_side(streams: Sequence[Iterator[T]]) -> Generator[T, None, None]:
    """Yield what `streams` yield, as it comes. Raise the first error of one. Leave them at an early end.

    Streams for which the machine has no thread are left out.
    """
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

    going = 0
    try:
        with suppress(RuntimeError):
            for each in streams:
                threading.Thread(target=read, args=(each,), name="stream", daemon=True).start()
                going += 1
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
