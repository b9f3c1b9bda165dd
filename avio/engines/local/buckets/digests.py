"""Digests of bytes as they come, in order: of all of them, or of parts of one size and then of their digests.

Used in the job process and in its movers. Pure.
"""

from collections.abc import Callable
from typing import Protocol

# Sizes of parts that programs upload in: tried where the store does not say it.
USUAL_PARTS = tuple(mib << 20 for mib in (5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 256, 512, 1024))


class Digest(Protocol):
    """The digest of bytes as they come, in order."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Take the next bytes."""

    def digest(self) -> bytes:
        """Return the digest of all bytes so far."""


class PartsDigest:
    """The digest of the digests of parts. `begin` makes a digest of no bytes."""

    def __init__(self, begin: Callable[[], Digest], part_bytes: int) -> None:
        self._begin = begin
        self._part_bytes = part_bytes
        self._part = begin()
        self._left = part_bytes  # bytes that the present part lacks
        self._ended: list[bytes] = []

    def update(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""
        rest = memoryview(data)
        while rest:
            now = rest[: self._left]
            self._part.update(now)
            self._left -= len(now)
            rest = rest[len(now) :]
            if not self._left:
                self._ended.append(self._part.digest())
                self._part, self._left = self._begin(), self._part_bytes

    def digest(self) -> bytes:
        """Return the digest. An object without bytes has one part."""
        is_open = self._left < self._part_bytes or not self._ended
        whole = self._begin()
        whole.update(b"".join([*self._ended, self._part.digest()] if is_open else self._ended))
        return whole.digest()


def guessed_part_bytes(size: int, parts: int) -> int:
    """Return the one usual size of parts of which `size` bytes have so many, 0 if there is none or more than one.

    Other sizes may give as many, so other bytes then prove nothing.
    """
    if parts == 1:
        return max(1, size)
    fitting = [each for each in USUAL_PARTS if -(-size // each) == parts]
    return fitting[0] if len(fitting) == 1 else 0
