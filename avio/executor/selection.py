"""Selects the files of an order: a walk below its path, or the lines of its file list.

Runs in the job process, in the lister's thread.
"""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from avio.engines.base import Engine, Entry, Side
from avio.engines.left_out import LeaveOut, LeftOut, ignore
from avio.errors import EngineError, Scope
from avio.executor.seen import Seen
from avio.wire.orders import Order

# How many lines of a file list are looked up in parallel.
BATCH_LINES = 256


@dataclass(frozen=True, slots=True)
class Missing:
    """A line of a file list that names no file."""

    path: str
    error: EngineError


def select(engine: Engine, order: Order, side: Side, left_out: LeaveOut = ignore) -> Iterator[Entry | Missing]:
    """Yield the files of an order as a stream; raises the engine's errors where the path itself fails.

    Calls `left_out` with what can't be handled.
    """
    depth, follow = order.params.depth, order.params.symlinks == "follow"
    if order.file_list is None:
        yield from engine.walk(order.params.path, depth=depth, side=side, follow=follow, left_out=left_out)
        return
    with ThreadPoolExecutor(order.threads, thread_name_prefix="lookup") as pool:
        for batch in _batches(unique_lines(Path(order.file_list))):
            looked_up = pool.map(lambda path: _look_up(engine, path, depth, side), batch)
            for path, found in zip(batch, looked_up, strict=True):
                if isinstance(found, list):
                    yield from found
                elif isinstance(found, LeftOut):
                    left_out(found)
                elif isinstance(found, Missing):
                    yield found
                else:
                    yield from engine.walk(path, depth=depth, side=side, follow=follow, left_out=left_out)


def lines(file: Path) -> Iterator[str]:
    """Yield the paths of a file list; they were checked when it was uploaded."""
    with open(file, encoding="utf-8") as stream:
        for line in stream:
            if path := line.rstrip("\r\n"):
                yield path


def unique_lines(file: Path) -> Iterator[str]:
    """Yield the paths of a file list, each once."""
    with Seen(file.with_name("lines")) as seen:
        yield from (path for path in lines(file) if seen.add(path))


def _batches(paths: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(itertools.islice(paths, BATCH_LINES)):
        yield batch


def _look_up(engine: Engine, path: str, depth: int | None, side: Side) -> list[Entry] | LeftOut | Missing | None:
    """Return the entry or the error of a file, why it is left out, or None for a directory, which the caller walks."""
    left: list[LeftOut] = []
    try:
        first = list(itertools.islice(engine.walk(path, depth=depth, side=side, left_out=left.append), 2))
    except EngineError as error:
        if error.scope is not Scope.FILE:
            raise
        return Missing(path, error)
    if len(first) == 1 and first[0].path == path:
        return first
    if not first and [each.path for each in left] == [path]:
        return left[0]
    return None
