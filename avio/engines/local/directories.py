"""Open directories: closed by themselves, and held for a while by the thread that works in them.

Used by roots, in web and the job process.
"""

import os
import threading
import time

HELD = 1.0  # seconds: another directory may come to lie at the path


class Directory:
    """An open directory, closed when nobody holds it any longer: a thread that was left behind may still use it."""

    __slots__ = ("fd",)

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def __del__(self) -> None:
        os.close(self.fd)


class Held(threading.local):
    """The directory that a thread was last in: files come directory by directory. None stands for one that is missing.

    A round ends what was held in it.
    """

    def __init__(self) -> None:
        self.directory: Directory | None = None
        self._name: str | None = None
        self._round = 0
        self._until = 0.0

    def is_fresh(self, name: str, round_no: int) -> bool:
        """Tell whether `name` is held, since not long ago and in this round."""
        return name == self._name and round_no == self._round and time.monotonic() < self._until

    def put(self, name: str, directory: Directory | None, round_no: int) -> None:
        """Hold `directory` from now on, in the place of the last."""
        self.directory, self._name, self._round = directory, name, round_no
        self._until = time.monotonic() + HELD
