"""The body of a PUT, as libcurl reads it: bytes, or a part of an open file, so that no part is held in memory.

Used in web, intake (the sweep) and the job process.
"""

import os
from collections.abc import Callable

from avio.engines.local.buckets.libcurl import pycurl
from avio.errors import SourceChanged

UPLOAD_BUFFER_BYTES = 256 << 10  # that libcurl takes at once


def _count_nothing(size: int) -> None:
    """Do nothing."""


class Body:
    """The bytes of a body. Calls `moved` with the number of those that leave.

    libcurl may begin again, on another connection. `error` is why the body could not be read.
    """

    def __init__(self, content: bytes = b"", moved: Callable[[int], None] = _count_nothing) -> None:
        self.size = len(content)
        self.error: BaseException | None = None
        self._content = content
        self._moved = moved
        self._at = 0

    @property
    def given(self) -> int:
        """The bytes that have left."""
        return self._at

    def hold(self, content: bytes, moved: Callable[[int], None] = _count_nothing) -> None:
        """Become the body of another request."""
        self._content, self._moved, self._at = content, moved, 0
        self.size = len(content)

    def give(self, most: int) -> bytes:
        """Return up to `most` bytes; it is libcurl's READFUNCTION."""
        chunk = self._content[self._at : self._at + most]
        self._at += len(chunk)
        self._moved(len(chunk))
        return chunk

    def begin_again(self, offset: int, origin: int) -> int:
        """Go back to the begin; it is libcurl's SEEKFUNCTION, which needs no other place."""
        if offset or origin:
            return int(pycurl.SEEKFUNC_CANTSEEK)
        self._at = 0
        return int(pycurl.SEEKFUNC_OK)


NO_BODY = Body()


class FilePart(Body):
    """`size` bytes of the open file `fd`, from `begin` on."""

    def __init__(self, fd: int, begin: int, size: int, moved: Callable[[int], None]) -> None:
        super().__init__(moved=moved)
        self.size = size
        self._fd = fd
        self._begin = begin

    def give(self, most: int) -> bytes:
        """Return up to `most` bytes. A file that has become shorter ends the request with `error`."""
        wanted = min(most, self.size - self._at)
        chunk = os.pread(self._fd, wanted, self._begin + self._at)
        if len(chunk) < wanted:
            self.error = SourceChanged("the file became shorter while it was saved")
            return int(pycurl.READFUNC_ABORT)  # type: ignore[return-value]
        self._at += len(chunk)
        self._moved(len(chunk))
        return chunk
