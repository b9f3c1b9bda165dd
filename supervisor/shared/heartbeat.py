"""A page of memory that a job process shares with keeper, to show that its work makes progress.

Written by the job process, read by keeper, also after the process is gone. Standard library only.
"""

import mmap
import struct

_FORMAT = struct.Struct("=QQ")


class Heartbeat:
    """Two numbers: beats, one for each step of progress, and files in place."""

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, _FORMAT.size)
        self._beats = self._most = 0

    def beat(self, files_done: int) -> None:
        """Record one step of progress. Called in the job process, by one thread at a time."""
        self._beats += 1
        self._most = max(self._most, files_done)  # the work may begin again; files in place stay
        _FORMAT.pack_into(self._page, 0, self._beats, self._most)

    def read(self) -> tuple[int, int]:
        """Return beats and files in place, as the job process wrote them last."""
        beats, files_done = _FORMAT.unpack_from(self._page)
        return beats, files_done

    def close(self) -> None:
        """Unmap the page."""
        self._page.close()
