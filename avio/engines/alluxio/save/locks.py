"""A lock per path between all jobs of this node, held from the look at a file's state until it is scheduled for saving.

Used in the job process. A name in the kernel's abstract socket namespace: it needs no file that all jobs could reach
from their isolation, and a dead process releases it.
"""

import errno
import hashlib
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from avio.errors import EngineError, Scope

WAIT_LIMIT_SECONDS = 60.0  # seconds to wait for another job
POLL_SECONDS = 0.02


class Busy(EngineError):
    """Another job of this node has the lock of the path."""

    scope = Scope.RETRY
    reason = "BUSY"
    cure = "wait for the other job, then retry this one"


@contextmanager
def locked(cluster: str, path: str) -> Iterator[None]:
    """Hold the lock of `path` in `cluster`. Raise Busy if another job keeps it for too long."""
    name = "\0avio-save-" + hashlib.sha256(f"{cluster} {path}".encode()).hexdigest()
    deadline = time.monotonic() + WAIT_LIMIT_SECONDS
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as holder:
        while not _taken(holder, name):
            if time.monotonic() > deadline:
                raise Busy(f"another job saves {path}")
            time.sleep(POLL_SECONDS)
        yield


def _taken(holder: socket.socket, name: str) -> bool:
    """Bind the name for this socket alone, so that threads exclude each other too."""
    try:
        holder.bind(name)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return False
    return True
