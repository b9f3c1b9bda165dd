"""Proves that the bytes of an object have arrived: by its checksum, or by its ETag, where that is made from the bytes.

Used in the job process and in its movers. Pure. S3 says so in "Checking object integrity": an ETag is no digest of an
object that KMS or the customer's key encrypts.
"""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping

from avio.engines.content import Content
from avio.engines.local.buckets.checksums import Checksum
from avio.engines.local.buckets.digests import Digest, PartsDigest, guessed_part_bytes
from avio.engines.local.buckets.qetag import Qetag, read_qetag

_ETAG = re.compile(r'"([0-9a-f]{32})(?:-([1-9][0-9]{0,4}))?"')
PLAIN_CHARS = 34  # of an ETag that is an MD5: its quotes count
_ENCRYPTION = "x-amz-server-side-encryption"
_KEEPS_MD5 = "AES256"  # SSE-S3


class Proof(ABC):
    """The digest of bytes as they come, in order. `of` is what it is compared with, in words.

    `is_guess` says that other bytes may fail to prove nothing.
    """

    of: str
    is_guess = False

    @abstractmethod
    def update(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""

    @abstractmethod
    def verdict(self) -> Content | None:
        """Return what is known of the bytes, None if they are not the object's. Call it once, after the last byte."""


def may_prove(headers: Mapping[str, str]) -> bool:
    """Return True if a reply with these headers (names in small letters) is of an object whose ETag may be a digest."""
    found = [each for each in headers.items() if each[0].startswith(_ENCRYPTION)]
    return found in ([], [(_ENCRYPTION, _KEEPS_MD5)])


def verdict_on(data: bytes, etag: str | None) -> Content | None:
    """Return what the ETag of a whole object says of its bytes, None if they are not the object's."""
    plain = etag is not None and len(etag) == PLAIN_CHARS
    if plain and etag == f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"':  # most objects
        return Content.PROVED
    return _verdict(proof_of(etag, len(data)), data)


def verdict_by(checksum: Checksum, data: bytes) -> Content | None:
    """Return what the checksum of a whole object says of its bytes, as `verdict_on`."""
    return _verdict(proof_by(checksum), data)


def _verdict(proof: Proof | None, data: bytes) -> Content | None:
    if proof is None:
        return Content.UNPROVED
    proof.update(data)
    return proof.verdict()


def proof_by(checksum: Checksum) -> Proof:
    """Return the proof of an object with this checksum."""
    return _DigestProof(str(checksum), checksum.begin(), checksum.value, is_guess=checksum.is_guess)


def outweighs(checksum: Checksum, by_etag: Proof | None) -> bool:
    """Return True if `checksum` tells as much as the proof by an ETag: it costs less. A guess does not beat an MD5."""
    return not checksum.is_guess or by_etag is None or by_etag.is_guess


def proof_of(etag: str | None, size: int, part_bytes: int = 0) -> Proof | None:
    """Return the proof of an object of `size` bytes, or None if its ETag proves nothing.

    `part_bytes` is the size of its parts, 0 if that is not known.
    """
    found = _ETAG.fullmatch(etag or "")
    if found is None:
        value = read_qetag(etag or "", size)
        return _DigestProof(f"ETag {etag}", Qetag(), value) if value else None
    if found[2] is None:
        return _DigestProof(f"ETag {etag}", _md5(), bytes.fromhex(found[1]))
    guess = 0 if part_bytes else guessed_part_bytes(size, int(found[2]))
    if not part_bytes and not guess:
        return None
    digest = PartsDigest(_md5, part_bytes or guess)
    return _DigestProof(f"ETag {etag}", digest, bytes.fromhex(found[1]), is_guess=bool(guess))


def _md5() -> Digest:
    return hashlib.md5(usedforsecurity=False)


class _DigestProof(Proof):
    """By one digest. Of parts of a guessed size, other bytes say nothing."""

    def __init__(self, of: str, digest: Digest, expected: bytes, *, is_guess: bool = False) -> None:
        self.of = of
        self.is_guess = is_guess
        self._digest = digest
        self._expected = expected

    def update(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""
        self._digest.update(data)

    def verdict(self) -> Content | None:
        """Compare the digests."""
        if self._digest.digest() == self._expected:
            return Content.PROVED
        return Content.UNPROVED if self.is_guess else None
