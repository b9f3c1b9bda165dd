"""The bytes of an open file, a chunk at a time. Used in web, the job process and its movers. Opens nothing."""

import os
from collections.abc import Iterator

CHUNK_BYTES = 1 << 20


def chunks_of(fd: int, begin: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Yield the bytes from `begin` up to `end`, or to the end of the file. A file that is shorter ends it."""
    while chunk := os.pread(fd, CHUNK_BYTES if end is None else min(CHUNK_BYTES, end - begin), begin):
        begin += len(chunk)
        yield chunk
