"""The ETags of Qiniu Kodo: the SHA-1 of the bytes, or of the SHA-1s of their blocks of 4 MiB.

Used in the job process and in its movers. Pure. Qiniu describes them in https://github.com/qiniu/qetag: URL-safe Base64
of a byte and a SHA-1. The byte is 0x16 for up to 4 MiB. For more it is 0x96, and the SHA-1 is that of the SHA-1s of the
blocks, one after the other. Another byte, such as 0x9e for parts of other sizes, proves nothing here.
"""

import hashlib
import re
from base64 import urlsafe_b64decode

BLOCK_BYTES = 4 << 20
ONE_BLOCK, BLOCKS = 0x16, 0x96

_QETAG = re.compile(r'"([A-Za-z0-9_-]{28})"')


def is_qetag(etag: str) -> bool:
    """Return True if the ETag has the form of a qetag of some size."""
    return read_qetag(etag, 0) is not None or read_qetag(etag, BLOCK_BYTES + 1) is not None


def read_qetag(etag: str, size: int) -> bytes | None:
    """Return what the ETag of an object of `size` bytes says of them, None if it has another form."""
    found = _QETAG.fullmatch(etag)
    if found is None:
        return None
    value = urlsafe_b64decode(found[1])
    return value if value[0] == (ONE_BLOCK if size <= BLOCK_BYTES else BLOCKS) else None


class Qetag:
    """The value of a qetag, of bytes as they come, in order."""

    def __init__(self) -> None:
        self._block = hashlib.sha1(usedforsecurity=False)
        self._left = BLOCK_BYTES  # bytes that the present block lacks
        self._blocks: list[bytes] = []

    def update(self, data: bytes | memoryview, /) -> None:
        """Take the next bytes."""
        rest = memoryview(data)
        while rest:
            if not self._left:  # a block ends when the next one begins: one block alone has another form
                self._blocks.append(self._block.digest())
                self._block, self._left = hashlib.sha1(usedforsecurity=False), BLOCK_BYTES
            now = rest[: self._left]
            self._block.update(now)
            self._left -= len(now)
            rest = rest[len(now) :]

    def digest(self) -> bytes:
        """Return the value of all bytes so far."""
        last = self._block.digest()
        if not self._blocks:
            return bytes([ONE_BLOCK]) + last
        return bytes([BLOCKS]) + hashlib.sha1(b"".join([*self._blocks, last]), usedforsecurity=False).digest()
