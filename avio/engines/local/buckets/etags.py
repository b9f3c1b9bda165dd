"""Etags that are made from the bytes of an object: its MD5, the MD5 of the MD5s of its parts, or those of Kodo.

Used in web and the job process. Pure, but for the file that it reads.
"""

import hashlib
import os
import re
from collections.abc import Callable

from avio.engines.local.buckets.digests import Digest
from avio.engines.local.buckets.file_chunks import chunks_of
from avio.engines.local.buckets.qetag import Qetag, is_qetag, read_qetag

_ETAG = re.compile(r'"?([0-9a-f]{32})(?:-(\d+))?"?')


def is_digest(etag: str | None) -> bool:
    """Return True if `etag` may be made from the bytes. A store that encrypts has etags of the same form."""
    return _ETAG.fullmatch(etag or "") is not None or is_qetag(etag or "")


def may_be_sent(etag: str | None) -> bool:
    """Return True if a condition may name `etag`. What is not plain ASCII in it may come out as other bytes."""
    return etag is not None and etag.isascii() and etag.isprintable()


def etag_of(content: bytes) -> str:
    """Return the ETag of an object of these bytes that was put in one request."""
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def is_etag_of(etag: str | None, fd: int, part_bytes: int, check: Callable[[int], None]) -> bool:
    """Return True if `etag` is that of the bytes of the file `fd`, in parts of `part_bytes` if it has parts.

    Calls `check` with the bytes of each chunk that was read. It may raise.
    """
    size = os.fstat(fd).st_size
    known = _ETAG.fullmatch(etag or "")
    if known is None:
        said = read_qetag(etag or "", size)
        return said is not None and _digest(Qetag(), fd, 0, size, check) == said
    if known[2] is None:
        return _md5(fd, 0, size, check).hex() == known[1]
    starts = range(0, size, part_bytes)
    if len(starts) != int(known[2]):
        return False
    parts = b"".join(_md5(fd, start, min(part_bytes, size - start), check) for start in starts)
    return hashlib.md5(parts, usedforsecurity=False).hexdigest() == known[1]


def _md5(fd: int, offset: int, size: int, check: Callable[[int], None]) -> bytes:
    return _digest(hashlib.md5(usedforsecurity=False), fd, offset, size, check)


def _digest(digest: Digest, fd: int, offset: int, size: int, check: Callable[[int], None]) -> bytes:
    for chunk in chunks_of(fd, offset, offset + size):
        check(len(chunk))
        digest.update(chunk)
    return digest.digest()
