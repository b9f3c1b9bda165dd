"""The paths that were met before, on disk: a job may name more files than fit into memory.

Runs in the job process. Each instance belongs to one thread.
"""

import errno
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Self

# 16 bytes: among 10^9 paths the odds of two with one digest are below 1 in 10^20.
DIGEST_BYTES = 16
CACHE_KIB = 8192


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise OSError(errno.ENOSPC, f"the list of paths: {error}") from error


class Seen:
    """A set of paths. Its file has no name, so that it ends with the process."""

    def __init__(self, file: Path, paths: Iterable[str] = ()) -> None:
        file.unlink(missing_ok=True)
        with _disk_errors():
            self._database = sqlite3.connect(file, isolation_level=None)
            for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{CACHE_KIB}"):
                self._database.execute(f"PRAGMA {setting}")
            self._database.execute("CREATE TABLE seen (path BLOB PRIMARY KEY) WITHOUT ROWID")
            self._database.execute("BEGIN EXCLUSIVE")
        file.unlink()
        for path in paths:
            self.add(path)

    def add(self, path: str) -> bool:
        """Add `path` and return True, or return False if it is there already. Raises OSError when the disk is full."""
        digest = blake2b(path.encode("utf-8", "surrogateescape"), digest_size=DIGEST_BYTES).digest()
        with _disk_errors():
            return self._database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (digest,)).rowcount > 0

    def close(self) -> None:
        """Forget all paths and free the disk."""
        self._database.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()
