"""Which files an order means: a walk below its path, or the lines of its file list.

Runs in the job process, in the lister's thread.
"""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from avio.engines.base import Engine, Entry, Side
from avio.errors import EngineError, Scope
from avio.wire.orders import Order

# Lines of a file list that are looked up side by side.
BATCH = 256


@dataclass(frozen=True, slots=True)
class Missing:
    """A line of a file list that leads nowhere."""

    path: str
    error: EngineError


def select(engine: Engine, order: Order, side: Side) -> Iterator[Entry | Missing]:
    """Yield the files of an order as a stream; raises the engine's errors where the path itself fails."""
    if order.file_list is None:
        yield from engine.walk(order.params.alluxio_uri or "/", depth=order.params.depth, side=side)
        return
    with ThreadPoolExecutor(order.threads, thread_name_prefix="lookup") as pool:
        for batch in _batches(lines(Path(order.file_list))):
            looked_up = pool.map(lambda path: _look_up(engine, path, order.params.depth, side), batch)
            for path, found in zip(batch, looked_up, strict=True):
                if isinstance(found, list):
                    yield from found
                elif isinstance(found, Missing):
                    yield found
                else:
                    yield from engine.walk(path, depth=order.params.depth, side=side)


def lines(file: Path) -> Iterator[str]:
    """Yield the paths of a file list; they were checked when it was uploaded."""
    with open(file, encoding="utf-8") as stream:
        for line in stream:
            if path := line.rstrip("\r\n"):
                yield path


def _batches(paths: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(itertools.islice(paths, BATCH)):
        yield batch


def _look_up(engine: Engine, path: str, depth: int | None, side: Side) -> list[Entry] | Missing | None:
    """Return the entry of a file, what is wrong with it, or None for a directory, which is walked in its turn."""
    try:
        first = list(itertools.islice(engine.walk(path, depth=depth, side=side), 2))
    except EngineError as error:
        if error.scope is not Scope.FILE:
            raise
        return Missing(path, error)
    if len(first) == 1 and first[0].path == path:
        return first
    return None
