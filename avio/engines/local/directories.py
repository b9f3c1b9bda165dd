"""Open directories. They close themselves, and a thread keeps the directory in which it works open.

Used by `root`, in web and the job process.
"""

import os
import threading
import time

HELD_SECONDS = 1.0  # another directory may come to lie at the path


class Directory:
    """An open directory. It is closed after its last user, which may be a thread that did not stop in time."""

    __slots__ = ("fd",)

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def __del__(self) -> None:
        os.close(self.fd)


class Held(threading.local):
    """The last directory of a thread, since files come directory by directory. None means that it is missing.

    The end of a round releases it.
    """

    def __init__(self) -> None:
        self.directory: Directory | None = None
        self._name: str | None = None
        self._round = 0
        self._until = 0.0

    def is_fresh(self, name: str, round_no: int) -> bool:
        """Return True if `name` is held, recently and in this round."""
        return name == self._name and round_no == self._round and time.monotonic() < self._until

    def put(self, name: str, directory: Directory | None, round_no: int) -> None:
        """Hold `directory` instead of the last one."""
        self.directory, self._name, self._round = directory, name, round_no
        self._until = time.monotonic() + HELD_SECONDS
