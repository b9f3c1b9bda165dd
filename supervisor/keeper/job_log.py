"""The log file of an attempt: what its process writes to standard output and error, with rotation.

Written by keeper from the process's pipe; read by intake, which ships it.
"""

import os
from contextlib import suppress
from pathlib import Path

from avio.plain_file import open_plain
from avio.wire.results import LOG_NAME
from supervisor.shared.spool import KEPT_FILES, note_removed, rotated

ROTATE_BYTES = 16 << 20
READ_BYTES = 1 << 16


class JobLog:
    """One attempt's log. `pipe` is the reading end, non-blocking."""

    def __init__(self, directory: Path, pipe: int) -> None:
        self.pipe = pipe
        self._file = directory / LOG_NAME
        self._out = open_plain(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._size = 0
        self._removed = 0  # bytes, in files that are gone

    def pump(self) -> bool:
        """Move one piece from the pipe to the file; False if there is none, now or at the end."""
        try:
            data = os.read(self.pipe, READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            return False
        try:
            os.write(self._out, data)
        except OSError:  # a full disk loses log lines, not the job
            return True
        self._size += len(data)
        if self._size >= ROTATE_BYTES:
            self._rotate()
        return True

    def abandon(self) -> None:
        """Close the file of a process that was never begun; the pipe stays."""
        os.close(self._out)

    def close(self) -> None:
        """Move the rest of the pipe and close both; does not wait for a grandchild that keeps the pipe open."""
        while self.pump():
            pass
        os.close(self.pipe)
        os.close(self._out)

    def _remove(self, oldest: Path) -> None:
        if oldest.exists():
            self._removed += oldest.lstat().st_size
            with suppress(OSError):  # a full disk loses log lines, not the job
                note_removed(self._file, self._removed)
            oldest.unlink(missing_ok=True)

    def _rotate(self) -> None:
        self._size = 0
        try:
            for number in range(KEPT_FILES - 1, 0, -1):
                older = rotated(self._file, number)
                if older.exists():
                    older.rename(rotated(self._file, number + 1))
            self._file.rename(rotated(self._file, 1))
            self._remove(rotated(self._file, KEPT_FILES))
            newest = open_plain(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND)
        except OSError:  # the job owns the directory, and may have put anything at these names
            os.ftruncate(self._out, 0)
            return
        os.close(self._out)
        self._out = newest
