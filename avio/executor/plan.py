"""The plan of an attempt: every entry that it is to move or check, spooled to a file of its own directory.

Written by the lister while the movers read behind it, then read again to verify: memory stays flat
however many files there are.
"""

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import orjson

from avio.engines.base import Entry, EntryState

# Lines that may wait in the writer's buffer before the readers get them.
FLUSH_LINES = 64


class Plan:
    """An append-only list of entries with one writer and any number of readers, each from the beginning."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._writer = open(file, "wb", buffering=1 << 16)  # noqa: SIM115 - closed by close()
        self._changed = threading.Condition()
        self._written = 0
        self._flushed = 0
        self._closed = False
        self.failed: BaseException | None = None

    def append(self, entry: Entry, *, move: bool) -> None:
        """Add an entry; `move` tells whether it is to be moved, or is where it should be already."""
        line = [entry.path, entry.size, entry.modified, entry.state, entry.token, move]
        self._writer.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        self._written += 1
        if self._written - self._flushed >= FLUSH_LINES:
            self._flush()

    def close(self, failed: BaseException | None = None) -> None:
        """Nothing more will come. With `failed`, the reason, readers end at once: the rest is not worth moving.

        On a full disk `failed` is the error of it: nobody may wait for lines that are not there.
        """
        self.failed = failed
        try:
            self._writer.flush()
        except OSError as error:
            self.failed = failed or error
        with self._changed:
            self._flushed, self._closed = self._written, True
            self._changed.notify_all()
        with suppress(OSError):
            self._writer.close()

    def _flush(self) -> None:
        self._writer.flush()
        with self._changed:
            self._flushed = self._written
            self._changed.notify_all()

    def entries(self) -> Iterator[Entry]:
        """Yield every entry, following the writer to its end."""
        return (entry for entry, _ in self._follow())

    def to_move(self) -> Iterator[Entry]:
        """Yield the entries that are to be moved, following the writer to its end."""
        return (entry for entry, move in self._follow() if move)

    def _wait_beyond(self, line: int) -> tuple[int, bool]:
        """Wait for lines after `line`; return how many can be read, and whether that is all there will be."""
        with self._changed:
            self._changed.wait_for(lambda: self._flushed > line or self._closed)
            return self._flushed, self._closed

    def _follow(self) -> Iterator[tuple[Entry, bool]]:
        with open(self._file, "rb") as reader:
            done = 0
            while True:
                ready, last = self._wait_beyond(done)
                while done < ready and self.failed is None:
                    path, size, modified, state, token, move = orjson.loads(reader.readline())
                    done += 1
                    yield Entry(path, "file", size, modified, EntryState(state), token=token), move
                if last and (done == self._written or self.failed is not None):
                    return
