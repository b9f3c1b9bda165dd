"""The log file of an attempt: what its process writes to standard output and error, with rotation.

Written by keeper from the process's pipe; read by intake, which ships it.
"""

import os
from pathlib import Path

from avio.wire.results import LOG_NAME

ROTATE_BYTES = 16 << 20
KEPT_FILES = 4
READ_BYTES = 1 << 16


class JobLog:
    """One attempt's log. `pipe` is the reading end, non-blocking."""

    def __init__(self, directory: Path, pipe: int) -> None:
        self.pipe = pipe
        self._file = directory / LOG_NAME
        self._out = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = 0

    def pump(self) -> bool:
        """Move one piece from the pipe to the file; False when there is none, for now or for ever."""
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

    def close(self) -> None:
        """Take what is left in the pipe; a grandchild that keeps it open is not waited for."""
        while self.pump():
            pass
        os.close(self.pipe)
        os.close(self._out)

    def _rotate(self) -> None:
        os.close(self._out)
        for number in range(KEPT_FILES - 1, 0, -1):
            older = rotated(self._file, number)
            if older.exists():
                older.rename(rotated(self._file, number + 1))
        self._file.rename(rotated(self._file, 1))
        rotated(self._file, KEPT_FILES).unlink(missing_ok=True)
        self._out = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = 0


def rotated(file: Path, number: int) -> Path:
    """Return the name of the `number`-th older log file."""
    return file.with_name(f"{file.name}.{number}")
