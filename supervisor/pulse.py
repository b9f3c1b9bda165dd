"""What a job process shows of its work without a word: a page that it shares with keeper, which forks it.

Written by the job process, read by keeper; it outlives the process's death. Standard library only.
"""

import mmap
import struct

_FORMAT = struct.Struct("=QQ")


class Pulse:
    """Two numbers: beats, one for each byte or entry that the work gets further by, and files in place."""

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, _FORMAT.size)
        self._beats = self._most = 0

    def beat(self, files_done: int) -> None:
        """The work is further than it was. Called in the job process, by one thread at a time."""
        self._beats += 1
        self._most = max(self._most, files_done)  # the work may begin again, and what is in place stays there
        _FORMAT.pack_into(self._page, 0, self._beats, self._most)

    def read(self) -> tuple[int, int]:
        """Return beats and files in place, as the job process has last written them."""
        beats, files_done = _FORMAT.unpack_from(self._page)
        return beats, files_done

    def close(self) -> None:
        """Give the page back."""
        self._page.close()
