"""A lock per path between all jobs of this node, held from the look at a file's state until it is scheduled for saving.

Used in the job process. Bytes of one file in the temporary directory, which a dead process gives back.
"""

import fcntl
import hashlib
import os
import struct
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from avio.errors import EngineError, Scope

LIMIT = 60.0  # seconds to wait for another job
PAUSE = 0.02
MOST = 1 << 62


class Busy(EngineError):
    """Another job of this node holds the path."""

    scope = Scope.RETRY
    reason = "BUSY"
    cure = "wait for the other job, then retry this one"


@contextmanager
def locked(cluster: str, path: str) -> Iterator[None]:
    """Hold the lock of `path` in `cluster`; Busy when somebody else kept it for too long."""
    file = Path(tempfile.gettempdir()) / f"avio-{os.getuid()}.locks"
    byte = int.from_bytes(hashlib.sha256(f"{cluster} {path}".encode()).digest()[:8], "big") % MOST
    fd = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        deadline = time.monotonic() + LIMIT
        while not _lock(fd, byte):
            if time.monotonic() > deadline:
                raise Busy(f"another job saves {path}")
            time.sleep(PAUSE)
        yield
    finally:
        os.close(fd)


def _lock(fd: int, byte: int) -> bool:
    """Lock one byte for this open file, so that threads exclude each other as processes do."""
    wish = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, byte, 1, 0)
    try:
        fcntl.fcntl(fd, fcntl.F_OFD_SETLK, wish)
    except (BlockingIOError, PermissionError):
        return False
    return True
