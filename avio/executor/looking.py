"""An ls or stat job: what a task would answer, for trees that are too large for one.

Runs in the job process. The entries go into a file, a JSON line each, which the API serves as the result.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from avio.engines.base import Engine, Entry, EntryState
from avio.errors import EngineError, Scope
from avio.executor.attempt import Attempt
from avio.executor.reporting import Reporter
from avio.executor.selection import lines
from avio.wire.orders import Order
from avio.wire.results import ENTRIES_NAME
from avio.wire.states import JobType

PAGE = 1000


def look(engine: Engine, order: Order, attempt: Attempt, reporter: Reporter, directory: Path) -> None:
    """Write the entries that the order asks for; raises Stopped and what ends the job as a whole."""
    with open(directory / ENTRIES_NAME, "w", encoding="utf-8") as file:
        for path in [order.params.alluxio_uri or "/"] if order.file_list is None else lines(Path(order.file_list)):
            try:
                for entry in _entries(engine, order, path):
                    attempt.leave_if_stopping()
                    file.write(json.dumps(asdict(entry), ensure_ascii=False, separators=(",", ":")) + "\n")
                    attempt.listed(entry.size or 0)
                    attempt.arrived(entry.size or 0, skipped=False)
            except EngineError as error:
                if order.file_list is None or error.scope is not Scope.FILE:
                    raise
                attempt.listed(0)
                reporter.failure(Entry(path, "file", 0, None, EntryState.UNKNOWN), error)
    attempt.listed_all()


def _entries(engine: Engine, order: Order, path: str) -> Iterator[Entry]:
    if order.type is JobType.STAT:
        yield engine.stat(path)
        return
    after: str | None = None
    while True:
        page = engine.list(path, depth=order.params.depth, size=PAGE, after=after)
        yield from page.entries
        after = page.after
        if after is None:
            return
