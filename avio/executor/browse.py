"""An ls or stat job: the same as a task, for trees that are too large for a task.

Runs in the job process. The entries go into a file, one JSON line each, which the API serves as the result.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import IO

from avio.engines.base import Entry, EntryState, Page
from avio.engines.left_out import Symlink
from avio.engines.refusals import no_answer
from avio.errors import EngineAway, EngineError, Scope
from avio.executor.left_out import counting
from avio.executor.seen import Seen
from avio.executor.selection import unique_lines
from avio.executor.work import Work
from avio.wire.orders import Order
from avio.wire.paths import depth_below, is_text
from avio.wire.results import ENTRIES_NAME
from avio.wire.states import JobType

PAGE_ENTRIES = 1000


def write_entries(work: Work) -> None:
    """Write the entries of the order, each once. Raises Stopped, and errors that end the whole job."""
    order = work.order
    with open(work.directory / ENTRIES_NAME, "w", encoding="utf-8") as file:
        writer = _Writer(work, file)
        if order.file_list is None:
            writer.write(order.params.path, None)
        else:
            writer.write_list(Path(order.file_list))
    work.attempt.listed_all()


class _Writer:
    """Writes entries into `file`. What can't be listed is left out; a symlink makes no job partial here."""

    def __init__(self, work: Work, file: IO[str]) -> None:
        self._work = work
        self._file = file
        self._patience = work.patience()
        self._leave_out = counting(work, excuse=lambda left: left.reason == Symlink.reason)

    def write_list(self, file_list: Path) -> None:
        """Write the entries at or below each line of `file_list`, each once."""
        with Seen(self._work.directory / "seen") as seen:
            for path in unique_lines(file_list):
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
        attempt, order = self._work.attempt, self._work.order
        for entry in self._entries(path):
            attempt.raise_if_stopping()
            if seen is not None and not seen.add(entry.path):
                continue
            self._file.write(_line(entry))
            size = 0 if _holds_others(entry, order, path) else entry.size or 0
            attempt.listed(size)
            attempt.arrived(size, skipped=False)

    def _entries(self, path: str) -> Iterator[Entry]:
        if self._work.order.type is JobType.STAT:
            yield self._patience.call(partial(self._work.engine.stat, path))
            return
        after: str | None = None
        pages = 0
        while True:
            page = self._patience.call(partial(_page, self._work, path, after), pages)
            yield from page.entries
            for left in page.left_out:
                self._leave_out(left)
            after, pages = page.after, pages + 1
            if after is None:
                return


def _page(work: Work, path: str, after: str | None) -> Page:
    page = work.engine.list(path, depth=work.order.params.depth, size=PAGE_ENTRIES, after=after)
    if page.unanswered:
        raise no_answer(page.unanswered)
    return page


def _line(entry: Entry) -> str:
    """Return the JSON line of an entry; in ASCII if its path is not UTF-8, since a file takes no lone surrogates."""
    return json.dumps(asdict(entry), ensure_ascii=not is_text(entry.path), separators=(",", ":")) + "\n"


def _holds_others(entry: Entry, order: Order, path: str) -> bool:
    """Return True for a directory whose files are entries of the job too, so that its sum would count them twice."""
    depth = order.params.depth
    listed = order.type is JobType.LS and entry.kind == "directory"
    return listed and (depth is None or depth_below(entry.path, path) < depth)
