"""A cached file that is read for an upload, and found unchanged at the end or refused.

Used in the job process.
"""

import os
from collections.abc import Iterator

from avio.engines.base import Run
from avio.engines.local.stopping import go_on
from avio.errors import SourceChanged

CHUNK = 1 << 20


class Reading:
    """The open file `fd` as it was when this was made: its size in bytes and its mtime in nanoseconds."""

    def __init__(self, path: str, fd: int) -> None:
        status = os.fstat(fd)
        self.path = path
        self.fd = fd
        self.size = status.st_size
        self.mtime_ns = status.st_mtime_ns

    def chunks(self, run: Run) -> Iterator[bytes]:
        """Yield all bytes, then make sure that they are of one moment: an upload must not complete otherwise."""
        offset = 0
        while offset < self.size:
            go_on(run)
            chunk = os.pread(self.fd, min(CHUNK, self.size - offset), offset)
            if not chunk:
                break
            offset += len(chunk)
            run.moved(len(chunk))
            yield chunk
        self.confirm()
        go_on(run)

    def confirm(self) -> None:
        """Raise SourceChanged when the file is not what it was at the start."""
        status = os.fstat(self.fd)
        if (status.st_size, status.st_mtime_ns) != (self.size, self.mtime_ns):
            raise SourceChanged(f"{self.path} was written to while it was saved")
