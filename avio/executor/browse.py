"""An ls or stat job: the same as a task, for trees that are too large for a task.

Runs in the job process. The entries go into a file, one JSON line each, which the API serves as the result.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import IO

from avio.engines.base import Entry, EntryState
from avio.engines.entry_lines import LinedRun, lines_of
from avio.engines.left_out import Symlink
from avio.errors import EngineAway, EngineError, Scope
from avio.executor.left_out import counting
from avio.executor.seen import Seen
from avio.executor.selection import named_paths
from avio.executor.work import Work
from avio.wire.orders import Order
from avio.wire.paths import depth_below
from avio.wire.results import ENTRIES_NAME
from avio.wire.states import JobType


def write_entries(work: Work) -> None:
    """Write the entries of the order, each once. Raises Stopped, and errors that end the whole job."""
    order = work.order
    with open(work.directory / ENTRIES_NAME, "wb") as file:
        writer = _Writer(work, file)
        if order.names_several:
            writer.write_several()
        else:
            writer.write(order.params.path, None)
    work.attempt.listed_all()


class _Writer:
    """Writes entries into `file`. What can't be listed is left out; a symlink makes no job partial here."""

    def __init__(self, work: Work, file: IO[bytes]) -> None:
        self._work = work
        self._file = file
        self._patience = work.patience()
        self._leave_out = counting(work, excuse=lambda left: left.reason == Symlink.reason)

    def write_several(self) -> None:
        """Write the entries at or below each path that the order names, each once."""
        with Seen(self._work.directory / "seen") as seen:
            for path in named_paths(self._work.order):
                try:
                    self.write(path, seen)
                except EngineAway:
                    raise
                except EngineError as error:
                    if error.scope is not Scope.FILE:
                        raise
                    self._work.attempt.listed(0)
                    self._work.reporter.failure(Entry(path, "file", 0, None, EntryState.UNKNOWN), error)

    def write(self, path: str, seen: Seen | None) -> None:
        """Write the entries at or below `path` that are not in `seen`."""
        attempt = self._work.attempt
        for run in self._runs(path):
            attempt.raise_if_stopping()
            new = run if seen is None else [entry for entry in run if seen.add(entry.path)]
            self._file.write(lines_of(new))
            size = self._size(new, path)
            attempt.listed(size, files=len(new))
            attempt.arrived(size, skipped=False, files=len(new))

    def _runs(self, path: str) -> Iterator[Sequence[Entry]]:
        engine, order = self._work.engine, self._work.order
        if order.type is JobType.STAT:
            yield [self._patience.call(partial(engine.stat, path))]
            return
        stream = engine.list_all(path, depth=order.params.depth, left_out=self._leave_out)
        runs = 0
        while (run := self._patience.call(partial(next, stream, None), runs)) is not None:
            yield run
            runs += 1

    def _size(self, run: Sequence[Entry], path: str) -> int:
        """Return the bytes of the entries. A directory whose files are entries of the job too has none of its own."""
        if isinstance(run, LinedRun):
            return run.size
        return sum(0 if _holds_others(entry, self._work.order, path) else entry.size or 0 for entry in run)


def _holds_others(entry: Entry, order: Order, path: str) -> bool:
    """Return True for a directory whose files are entries of the job too, so that its sum would count them twice."""
    depth = order.params.depth
    listed = order.type is JobType.LS and entry.kind == "directory"
    return listed and (depth is None or depth_below(entry.path, path) < depth)
