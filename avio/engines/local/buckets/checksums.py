"""The additional checksums of S3: which one a reply names for an object, and its digest of bytes as they come.

Used in the job process and in its movers. Pure. Amazon says which there are in "Checking object integrity". Without
anycrc, of the extra `s3fast`, CRC-32C and CRC-64/NVME are unknown.
"""

import hashlib
import re
import zlib
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from avio.engines.local.buckets.digests import Digest, PartsDigest, guessed_part_bytes

try:
    import anycrc
except ModuleNotFoundError:
    absent: Any = None
    anycrc = absent

PREFIX = "x-amz-checksum-"
ASK = "x-amz-checksum-mode"  # a header with this name and the value ASKED lets a store name its checksums
ASKED = "ENABLED"
# Some stores refuse a request with a header that they do not know, such as this one.
UNKNOWN_HEADER = (400, 501)

_PARTS = re.compile("[1-9][0-9]{0,4}")

Crc = Callable[[bytes | memoryview, int], int]


class _Crc:
    def __init__(self, crc: Crc, size: int) -> None:
        self._crc = crc
        self._size = size
        self._value = 0

    def update(self, data: bytes | memoryview, /) -> None:
        self._value = self._crc(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


def _makers() -> dict[str, tuple[int, Callable[[], Digest]]]:
    """Return the bytes of each kind of checksum, and what begins one. Those that cost the least come first."""
    found: dict[str, tuple[int, Callable[[], Digest]]] = {}
    if anycrc is not None:
        crc64, crc32c = anycrc.Model("CRC64-NVME").calc, anycrc.Model("CRC32C").calc
        found = {"crc64nvme": (8, lambda: _Crc(crc64, 8)), "crc32c": (4, lambda: _Crc(crc32c, 4))}
    return {
        **found,
        "crc32": (4, lambda: _Crc(zlib.crc32, 4)),
        "sha1": (20, lambda: hashlib.sha1(usedforsecurity=False)),
        "sha256": (32, hashlib.sha256),
    }


_MAKERS = _makers()


class Checksum(NamedTuple):
    """The checksum of an object that its store names: of all bytes, or of the checksums of parts of `part_bytes`."""

    kind: str
    value: bytes
    part_bytes: int = 0

    @property
    def is_guess(self) -> bool:
        """True if the size of the parts is guessed: then other bytes may fail to say anything."""
        return bool(self.part_bytes)

    def begin(self) -> Digest:
        """Return the digest of no bytes."""
        begin = _MAKERS[self.kind][1]
        return PartsDigest(begin, self.part_bytes) if self.part_bytes else begin()

    def __str__(self) -> str:
        return f"checksum {self.kind} {self.value.hex()}"


def checksum_of(headers: Mapping[str, str], size: int) -> Checksum | None:
    """Return the cheapest checksum that a reply names of an object of `size` bytes, None if it names none.

    The names of `headers` are in small letters. The checksum of the checksums of parts ends in their number, and is of
    the type COMPOSITE. It says nothing if no usual size of parts gives that number.
    """
    is_whole = headers.get(f"{PREFIX}type", "FULL_OBJECT").upper() == "FULL_OBJECT"
    for kind, (length, _) in _MAKERS.items():
        text, is_composite, parts = headers.get(PREFIX + kind, "").partition("-")
        if not text or (not is_composite and not is_whole):
            continue
        part_bytes = guessed_part_bytes(size, int(parts)) if _PARTS.fullmatch(parts) else 0
        if is_composite and not part_bytes:
            continue
        try:
            value = b64decode(text, validate=True)
        except ValueError:
            continue
        if len(value) == length:
            return Checksum(kind, value, part_bytes)
    return None
