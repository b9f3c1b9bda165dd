"""Etags that are made from the bytes of an object: its MD5, or the MD5 of the MD5s of its parts.

Used in web and the job process. Pure, but for the file that it reads.
"""

import hashlib
import os
import re
from collections.abc import Callable

CHUNK_BYTES = 1 << 20

_ETAG = re.compile(r'"?([0-9a-f]{32})(?:-(\d+))?"?')


def is_digest(etag: str | None) -> bool:
    """Return True if `etag` may be made from the bytes. A store that encrypts has etags of the same form."""
    return _ETAG.fullmatch(etag or "") is not None


def is_etag_of(etag: str | None, fd: int, part_bytes: int, check: Callable[[int], None]) -> bool:
    """Return True if `etag` is that of the bytes of the file `fd`, in parts of `part_bytes` if it has parts.

    Calls `check` with the bytes of each chunk that was read. It may raise.
    """
    known = _ETAG.fullmatch(etag or "")
    if known is None:
        return False
    size = os.fstat(fd).st_size
    if known[2] is None:
        return _md5(fd, 0, size, check).hex() == known[1]
    starts = range(0, size, part_bytes)
    if len(starts) != int(known[2]):
        return False
    parts = b"".join(_md5(fd, start, min(part_bytes, size - start), check) for start in starts)
    return hashlib.md5(parts, usedforsecurity=False).hexdigest() == known[1]


def _md5(fd: int, offset: int, size: int, check: Callable[[int], None]) -> bytes:
    digest = hashlib.md5(usedforsecurity=False)
    end = offset + size
    while offset < end:
        chunk = os.pread(fd, min(CHUNK_BYTES, end - offset), offset)
        if not chunk:
            break
        check(len(chunk))
        digest.update(chunk)
        offset += len(chunk)
    return digest.digest()
