"""A cached file that is read for an upload. The upload is refused if the file changed meanwhile.

Used in the job process.
"""

import hashlib
import os
from collections.abc import Iterator

from avio.engines.cancel import check_cancelled
from avio.engines.local.upload_journal import UploadJournal
from avio.engines.pay import pay
from avio.engines.run import Run
from avio.errors import SourceChanged

CHUNK_BYTES = 1 << 20


class UploadSource:
    """The open file `fd`, with its size in bytes and its mtime in nanoseconds at the start.

    `journal` keeps the uploads in parts that are under way.
    """

    def __init__(self, path: str, fd: int, journal: UploadJournal) -> None:
        self.journal = journal
        status = os.fstat(fd)
        self.path = path
        self.fd = fd
        self.size = status.st_size
        self.mtime_ns = status.st_mtime_ns

    def chunks(self, run: Run) -> Iterator[bytes]:
        """Yield all bytes, then check that the file did not change. Otherwise the upload must not complete."""
        offset = 0
        while offset < self.size:
            check_cancelled(run)
            chunk = os.pread(self.fd, min(run.bandwidth.piece(CHUNK_BYTES), self.size - offset), offset)
            if not chunk:
                break
            offset += len(chunk)
            pay(run, len(chunk))
            run.moved(len(chunk))
            yield chunk
        self.confirm()
        check_cancelled(run)

    def md5(self, begin: int, size: int, run: Run) -> bytes:
        """Return the MD5 of `size` bytes from `begin` on. Shows progress."""
        digest = hashlib.md5(usedforsecurity=False)
        end = begin + size
        while begin < end:
            check_cancelled(run)
            chunk = os.pread(self.fd, min(CHUNK_BYTES, end - begin), begin)
            if not chunk:
                raise SourceChanged(f"{self.path} became shorter while it was saved")
            digest.update(chunk)
            begin += len(chunk)
            run.checked(len(chunk))
        return digest.digest()

    def require(self, size: int, mtime_ns: int, inode: int) -> None:
        """Raise SourceChanged if the open file is not the one whose state was judged."""
        if (self.size, self.mtime_ns, os.fstat(self.fd).st_ino) != (size, mtime_ns, inode):
            raise SourceChanged(f"{self.path} was changed while it was looked at")

    def confirm(self) -> None:
        """Raise SourceChanged if the file changed since the start."""
        status = os.fstat(self.fd)
        if (status.st_size, status.st_mtime_ns) != (self.size, self.mtime_ns):
            raise SourceChanged(f"{self.path} was changed while it was saved")
