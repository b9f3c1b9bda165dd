"""The worklist of an attempt: every entry that it moves or checks, in a file of the attempt's directory.

Runs in the job process. The lister writes it while the transfer reads behind it; the verifier reads it again.
Memory stays flat however many files there are.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from avio.engines.base import STATES, Entry
from avio.executor.path_lines import dumped, loaded_all

# How many lines wait in the writer's buffer before the readers get them.
FLUSH_LINES = 64

WORKLIST_NAME = "worklist"


class Worklist:
    """An append-only list of entries with one writer and any number of readers, each from the beginning."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._writer = open(file, "wb", buffering=1 << 16)  # noqa: SIM115 - closed by close()
        self._changed = threading.Condition()
        self._written = 0
        self._flushed = 0
        self._held_until = float("-inf")
        self._closed = False
        self.failed: BaseException | None = None

    def hold_until(self, moment: float) -> None:
        """Keep further entries from the readers until `moment` of the monotonic clock, or until the list is closed."""
        self._held_until = moment

    def append(self, entry: Entry, *, move: bool) -> None:
        """Add an entry. `move` is False if it is in place already."""
        line = [entry.path, entry.size, entry.modified, entry.state, entry.token, move]
        self._writer.write(dumped(line))
        self._written += 1
        if self._written - self._flushed >= FLUSH_LINES:
            self._flush()

    def close(self, failed: BaseException | None = None) -> None:
        """End the list. With `failed`, the reason, readers end at once.

        If the disk is full, that error becomes `failed`, else readers would wait for lines that are not there.
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
        return (found[0] for found in self._follow() if found is not None)

    def to_move(self, after: int = 0, seconds: float | None = None) -> Iterator[Entry | None]:
        """Yield the entries to move behind the first `after`, following the writer to its end.

        With `seconds` yield None too: after that time without a new entry.
        """
        for found in self._follow(seconds):
            if found is None:
                yield None
            elif found[1]:
                after -= 1
                if after < 0:
                    yield found[0]

    def so_far(self) -> Iterator[tuple[Entry, bool]]:
        """Yield what was appended so far, and whether it is to move. For the writer's own thread."""
        if not self._closed:
            self._writer.flush()
        with open(self._file, "rb") as reader:
            while lines := list(islice(reader, FLUSH_LINES)):
                yield from _entries(loaded_all(lines))

    def written(self) -> Iterator[str]:
        """Yield the paths of what was appended so far. For the writer's own thread."""
        return (entry.path for entry, _ in self.so_far())

    def _wait_beyond(self, line: int, seconds: float | None) -> tuple[int, bool]:
        """Wait up to `seconds` for lines after `line`; return how many can be read, and True if no more will come."""
        end = time.monotonic() + (float("inf") if seconds is None else seconds)
        with self._changed:
            while True:
                while not self._closed and (left := min(self._held_until, end) - time.monotonic()) > 0:
                    self._changed.wait_for(lambda: self._closed, left)
                if self._is_held():
                    return line, False
                left = end - time.monotonic()
                self._changed.wait_for(lambda: self._flushed > line or self._closed, None if seconds is None else left)
                if not self._is_held():  # a hold may have begun meanwhile
                    return self._flushed, self._closed

    def _is_held(self) -> bool:
        return self._held_until > time.monotonic() and not self._closed

    def _follow(self, seconds: float | None = None) -> Iterator[tuple[Entry, bool] | None]:
        with open(self._file, "rb") as reader:
            done = 0
            while True:
                ready, last = self._wait_beyond(done, seconds)
                if ready <= done and not last:
                    yield None
                while done < ready and self.failed is None:
                    lines = list(islice(reader, min(ready - done, FLUSH_LINES)))
                    done += len(lines)
                    yield from _entries(loaded_all(lines))
                if last and (done == self._written or self.failed is not None):
                    return


def _entries(lines: list[Any]) -> list[tuple[Entry, bool]]:
    return [
        (Entry(path, "file", size, modified, STATES[state], token=token), move)
        for path, size, modified, state, token, move in lines
    ]
