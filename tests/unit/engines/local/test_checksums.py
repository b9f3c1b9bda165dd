"""Which checksum of an object a reply names, and what it says of bytes that come in pieces."""

import hashlib
import zlib
from base64 import b64encode
from collections.abc import Callable

import pytest

from avio.engines.content import Content
from avio.engines.local.buckets import checksums
from avio.engines.local.buckets.checksums import Checksum, checksum_of
from avio.engines.local.buckets.content_proof import proof_by

DATA = bytes(range(256)) * 4097

# The check values of the catalogue of CRCs: of b"123456789".
KNOWN = {"crc32": 0xCBF43926, "crc32c": 0xE3069283, "crc64nvme": 0xAE8B14860A799888}


def slow_crc(data: bytes, polynomial: int, bits: int) -> bytes:
    """Return a reflected CRC, bit by bit."""
    ones = (1 << bits) - 1
    value = ones
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
    return (value ^ ones).to_bytes(bits // 8, "big")


MAKE: dict[str, Callable[[bytes], bytes]] = {
    "crc64nvme": lambda data: slow_crc(data, 0x9A6C9329AC4BC9B5, 64),
    "crc32c": lambda data: slow_crc(data, 0x82F63B78, 32),
    "crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "sha1": lambda data: hashlib.sha1(data).digest(),
    "sha256": lambda data: hashlib.sha256(data).digest(),
}


def text(kind: str, data: bytes) -> str:
    """Return the checksum as a header has it."""
    return b64encode(MAKE[kind](data)).decode()


@pytest.mark.parametrize("kind", KNOWN)
def test_the_check_values_are_those_of_the_catalogue(kind: str) -> None:
    size = 8 if kind == "crc64nvme" else 4
    digest = Checksum(kind, b"").begin()
    digest.update(b"123456789")
    assert digest.digest() == KNOWN[kind].to_bytes(size, "big") == MAKE[kind](b"123456789")


@pytest.mark.parametrize("kind", MAKE)
@pytest.mark.parametrize("data", [b"", b"x", DATA[:70_001]])
@pytest.mark.parametrize("step", [1000, 70_001])
def test_bytes_in_pieces_are_proved_or_refuted(kind: str, data: bytes, step: int) -> None:
    for there, verdict in ((data, Content.PROVED), (data + b"x", None)):
        checksum = checksum_of({f"x-amz-checksum-{kind}": text(kind, data)}, len(data))
        assert checksum is not None
        assert checksum.kind == kind
        proof = proof_by(checksum)
        for at in range(0, len(there), step):
            proof.update(memoryview(there)[at : at + step])
        assert proof.verdict() is verdict
        assert kind in proof.of


def test_of_several_the_cheapest_counts() -> None:
    headers = {f"x-amz-checksum-{kind}": text(kind, b"x") for kind in MAKE}
    for kind in MAKE:
        found = checksum_of(headers, 1)
        assert found is not None
        assert found.kind == kind
        del headers[f"x-amz-checksum-{kind}"]
    assert checksum_of(headers, 1) is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-amz-checksum-crc32": ""},
        {"x-amz-checksum-crc32": "AAAA"},
        {"x-amz-checksum-crc32": "not base64"},
        {"x-amz-checksum-crc32": text("crc32", b"x") + "-2"},
        {"x-amz-checksum-crc32": text("crc32", b"x"), "x-amz-checksum-type": "COMPOSITE"},
        {"x-amz-checksum-crc32": text("crc32c", b"x")[:-2]},
        {"x-amz-checksum-sha256": text("sha1", b"x")},
        {"x-amz-checksum-md5": "AAAA"},
        {"x-amz-checksum-type": "FULL_OBJECT"},
    ],
)
def test_what_is_no_checksum_of_the_whole_object_is_none(headers: dict[str, str]) -> None:
    assert checksum_of(headers, 1) is None


def test_the_type_full_object_is_one() -> None:
    headers = {"x-amz-checksum-crc32": text("crc32", b"x"), "x-amz-checksum-type": "FULL_OBJECT"}
    assert checksum_of(headers, 1) == Checksum("crc32", MAKE["crc32"](b"x"))


def test_without_anycrc_the_other_kinds_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checksums, "anycrc", None)
    assert list(checksums._makers()) == ["crc32", "sha1", "sha256"]


MIB = 1 << 20


def composite(kind: str, data: bytes, part_bytes: int) -> str:
    """Return the checksum of the checksums of parts as a header has it."""
    parts = [MAKE[kind](data[at : at + part_bytes]) for at in range(0, len(data), part_bytes)] or [MAKE[kind](b"")]
    return f"{text(kind, b''.join(parts))}-{len(parts)}"


@pytest.mark.parametrize("kind", ["crc32", "sha1", "sha256"])
@pytest.mark.parametrize(
    ("size", "part_bytes"), [(11 * MIB, 5 * MIB), (33 * MIB, 8 * MIB), (10 * MIB, 10 * MIB), (7, 7), (0, 1)]
)
def test_the_checksum_of_parts_proves_bytes_and_refutes_none(kind: str, size: int, part_bytes: int) -> None:
    data = (DATA * 33)[:size]
    headers = {f"x-amz-checksum-{kind}": composite(kind, data, part_bytes), "x-amz-checksum-type": "COMPOSITE"}
    checksum = checksum_of(headers, size)
    assert checksum is not None
    assert checksum.is_guess
    for there, verdict in ((data, Content.PROVED), (data[:-1] + b"x", Content.UNPROVED)):
        proof = proof_by(checksum)
        for at in range(0, len(there), 3 * MIB + 1):
            proof.update(memoryview(there)[at : at + 3 * MIB + 1])
        assert proof.verdict() is verdict


@pytest.mark.parametrize("number", ["0", "01", "2", "99999", "100000", "x", "-1", ""])
def test_parts_of_no_usual_size_say_nothing(number: str) -> None:
    headers = {"x-amz-checksum-crc32": f"{text('crc32', b'x')}-{number}", "x-amz-checksum-type": "COMPOSITE"}
    assert checksum_of(headers, 3 * MIB) is None
