"""Selects the files of an order: walks below its paths or the lines of its file list, without what its filter excludes.

Runs in the job process, in the lister's thread.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from avio.engines.base import Engine, Entry, Side
from avio.engines.left_out import LeaveOut, LeftOut, ignore
from avio.engines.versions import VersionChanged
from avio.errors import EngineError, Scope
from avio.executor import filters
from avio.executor.filters import Exclude, filter_of
from avio.executor.path_lines import loaded
from avio.executor.seen import Seen
from avio.filelist_parser import LINE, NUL
from avio.wire.orders import Order
from avio.wire.params import FOLLOW, Params

# How many lines of a file list are looked up in parallel.
BATCH_LINES = 256

PIECE_BYTES = 1 << 16


@dataclass(slots=True)
class Place:
    """How far a listing is: behind it are `named` paths of the order, and of the next one all up to the file `after`.

    `select` moves it on when its caller has done with a file and asks for the next one.
    """

    named: int = 0
    after: str | None = None

    def next_path(self) -> None:
        """Go on behind a path of the order."""
        self.named, self.after = self.named + 1, None


@dataclass(frozen=True, slots=True)
class Missing:
    """A line of a file list that names no file."""

    path: str
    error: EngineError


def select(
    engine: Engine,
    order: Order,
    side: Side,
    left_out: LeaveOut = ignore,
    exclude: Exclude = filters.ignore,
    place: Place | None = None,
) -> Iterator[Entry | Missing]:
    """Yield the files of an order as a stream; raises the engine's errors where its one path itself fails.

    Calls `left_out` with what can't be handled, `exclude` with what the filter excludes. A file that several paths
    name comes several times: it is taken if one of them takes it. Begins at `place`, and moves it along; a `place`
    that is not the beginning needs an engine that `resumes`.
    """
    filter_ = filter_of(order.params)

    def leave_out(root: str) -> LeaveOut:
        """Return what takes what a walk below `root` leaves out. What the filter excludes need not be handled."""
        return lambda left: left_out(left) if filter_.takes_path(left.path, root) else exclude(left.path, listed=False)

    def takes(found: Entry | Missing, root: str) -> bool:
        return filter_.takes_path(found.path, root) if isinstance(found, Missing) else filter_.takes(found, root)

    takes_all = filter_ == filters.EVERY
    for root, found in _Named(engine, order, side, leave_out, place or Place()).all():
        if takes_all or takes(found, root):
            yield found
        else:
            exclude(found.path, listed=True)


@dataclass(frozen=True, slots=True)
class _Named:
    """What an order names, each with the path below which its rules match it: for a file list `/`."""

    engine: Engine
    order: Order
    side: Side
    leave_out: Callable[[str], LeaveOut]
    place: Place

    def all(self) -> Iterator[tuple[str, Entry | Missing]]:
        """Yield all from `place` on."""
        order, place = self.order, self.place
        if not order.names_several:
            yield from self._walk(order.params.path, order.params.path)
            return
        names = itertools.islice(_names(order), place.named, None)
        if place.after is not None:  # inside a directory
            for name in itertools.islice(names, 1):
                yield from self._at(name.path, None)
                place.next_path()
        with ThreadPoolExecutor(order.threads, thread_name_prefix="lookup") as pool:
            for batch in _batches(names):
                looked_up = pool.map(lambda name: _look_up(self.engine, name, order.params, self.side), batch)
                for name, found in zip(batch, looked_up, strict=True):
                    yield from self._at(name.path, found)
                    place.next_path()

    def _at(self, path: str, found: list[Entry] | LeftOut | Missing | None) -> Iterator[tuple[str, Entry | Missing]]:
        """Yield what is at a path, as it was looked up."""
        root = path if self.order.file_list is None else "/"
        if isinstance(found, list):
            yield from ((root, entry) for entry in found)
        elif isinstance(found, LeftOut):
            self.leave_out(root)(found)
        elif isinstance(found, Missing):
            yield root, found
        else:
            yield from self._walk(path, root)

    def _walk(self, path: str, root: str) -> Iterator[tuple[str, Entry]]:
        params, place, sink = self.order.params, self.place, self.leave_out(root)
        depth, follow = params.depth, params.symlinks == FOLLOW
        if place.after is not None:
            entries = self.engine.walk_on(path, place.after, depth=depth, follow=follow, left_out=sink)
        else:
            entries = self.engine.walk(path, depth=depth, side=self.side, follow=follow, left_out=sink)
        for entry in entries:
            yield root, entry
            place.after = entry.path


class _Name(NamedTuple):
    """A path of an order, and the only version of its file that the order wants, if it names one."""

    path: str
    version: str | None = None


def _names(order: Order) -> Iterator[_Name]:
    """Yield what an order of several paths names, each path once."""
    if order.params.versions and order.file_list is not None:
        with Seen(Path(order.file_list).with_name("lines")) as seen, open(order.file_list, "rb") as stream:
            yield from (_Name(path, version) for path, version in map(loaded, stream) if seen.add(path))
    else:
        yield from map(_Name, named_paths(order))


def named_paths(order: Order) -> Iterator[str]:
    """Yield the paths of an order that names several, each once."""
    return iter(order.params.roots) if order.file_list is None else unique_lines(Path(order.file_list))


def lines(file: Path) -> Iterator[str]:
    """Yield the paths of a file list; they were checked when it was uploaded. Its last byte is what ends each."""
    with open(file, "rb") as stream:
        separator = separator_of(stream)
        rest = b""
        while piece := stream.read(PIECE_BYTES):
            *whole, rest = (rest + piece).split(separator)
            yield from (_decoded(path) for path in whole if path)
        if rest:
            yield _decoded(rest)


def _decoded(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


def separator_of(stream: BinaryIO) -> bytes:
    """Return what ends each path of a list, by its last byte. Go back to its beginning."""
    stream.seek(max(0, stream.seek(0, os.SEEK_END) - 1))
    last = stream.read(1)
    stream.seek(0)
    return NUL if last == NUL else LINE


def unique_lines(file: Path) -> Iterator[str]:
    """Yield the paths of a file list, each once."""
    with Seen(file.with_name("lines")) as seen:
        yield from (path for path in lines(file) if seen.add(path))


def _batches(names: Iterator[_Name]) -> Iterator[list[_Name]]:
    while batch := list(itertools.islice(names, BATCH_LINES)):
        yield batch


def _look_up(engine: Engine, name: _Name, params: Params, side: Side) -> list[Entry] | LeftOut | Missing | None:
    """Return the entry or the error of a file, why it is left out, or None for a directory, which the caller walks."""
    found = _found_at(engine, name.path, params, side)
    if name.version is None or isinstance(found, LeftOut | Missing):
        return found
    now = engine.facts.version(found[0], side) if found else "a directory"
    if now == name.version:
        return found
    return Missing(name.path, VersionChanged(f"{name.path} is {now} now, and not {name.version}"))


def _found_at(engine: Engine, path: str, params: Params, side: Side) -> list[Entry] | LeftOut | Missing | None:
    left: list[LeftOut] = []
    try:
        follow = params.symlinks == FOLLOW
        found = engine.walk(path, depth=params.depth, side=side, follow=follow, left_out=left.append)
        first = list(itertools.islice(found, 2))
    except EngineError as error:
        if error.scope is not Scope.FILE:
            raise
        return Missing(path, error)
    if len(first) == 1 and first[0].path == path:
        return first
    if not first and [each.path for each in left] == [path]:
        return left[0]
    return None
