"""Keeps a second supervisor off the spool of a node: a lock on a file beside it, and an id in that file.

Used by keeper at its start. Whoever has the lock knows that the keeper before it is dead, and so are its jobs.
"""

import fcntl
import os
import secrets
import time
from pathlib import Path

# How long a keeper that was killed, or is about to leave, may take.
WAIT_SECONDS = 5.0
POLL_SECONDS = 0.1

ID_BYTES = 16


def lock_spool(root: Path) -> str:
    """Lock the spool at `root` until this process ends; return its id, made by the first supervisor that used it.

    Raise ValueError if another supervisor has it. A forked process has no part of the lock.
    """
    file = root.with_name(f".{root.name}.supervisor")
    fd = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError as error:
            if time.monotonic() > deadline:
                os.close(fd)
                raise ValueError(_refusal(root, error)) from None
            time.sleep(POLL_SECONDS)
    found = os.pread(fd, 2 * ID_BYTES, 0).decode("ascii", "replace")
    if len(found) < 2 * ID_BYTES:
        found = secrets.token_hex(ID_BYTES)
        os.pwrite(fd, found.encode(), 0)
        os.fsync(fd)
    return found


def _refusal(root: Path, error: OSError) -> str:
    if not isinstance(error, BlockingIOError | PermissionError):  # what a lock of another process raises
        return f"spool: {root} can't be locked: {error.strerror}; put the spool on a disk of this machine"
    return (
        f"node: another supervisor named {root.name} uses the spool {root}; stop it first, or give this one a name"
        " of its own: AVIO_NODE"
    )
