"""The ETags of Qiniu Kodo prove and refute bytes. They are computed here in another way, from the whole bytes."""

import base64
import hashlib
import os
from pathlib import Path

import pytest

from avio.engines.content import Content
from avio.engines.local.buckets.content_proof import proof_of
from avio.engines.local.buckets.etags import is_digest, is_etag_of

MIB = 1 << 20
DATA = bytes(range(251)) * (12 * MIB // 251 + 1)
EMPTY = '"Fto5o-5ea0sNMlW_75VgGJCv2AcJ"'  # of no bytes: known to every client of Kodo


def qetag(data: bytes) -> str:
    """Return the ETag that Kodo gives these bytes."""
    blocks = [hashlib.sha1(data[at : at + 4 * MIB]).digest() for at in range(0, max(1, len(data)), 4 * MIB)]
    value = b"\x16" + blocks[0] if len(blocks) == 1 else b"\x96" + hashlib.sha1(b"".join(blocks)).digest()
    return f'"{base64.b64encode(value, b"-_").decode()}"'


def verdict(etag: str, data: bytes, step: int = 1_000_003) -> Content | None:
    """Show the bytes to the proof, some at a time."""
    proof = proof_of(etag, len(data))
    assert proof is not None
    for at in range(0, len(data), step):
        proof.update(memoryview(data)[at : at + step])
    return proof.verdict()


def test_the_etag_of_no_bytes_is_the_known_one() -> None:
    assert qetag(b"") == EMPTY
    assert verdict(EMPTY, b"") is Content.PROVED


SIZES = [0, 1, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 8 * MIB, 8 * MIB + 1, 12 * MIB]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("step", [1_000_003, 12 * MIB])
def test_bytes_are_proved_or_refuted(size: int, step: int) -> None:
    data = DATA[:size]
    assert verdict(qetag(data), data, step) is Content.PROVED
    if size:
        assert verdict(qetag(data), data[:-1] + bytes([data[-1] ^ 1]), step) is None


@pytest.mark.parametrize("size", SIZES)
def test_a_file_is_compared_with_it(size: int, tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(DATA[:size])
    fd = os.open(file, os.O_RDONLY)
    seen: list[int] = []
    try:
        assert is_digest(qetag(DATA[:size]))
        assert is_etag_of(qetag(DATA[:size]), fd, 8 * MIB, seen.append)
        assert sum(seen) == size
        assert not is_etag_of(qetag(DATA[:size] + b"x"), fd, 8 * MIB, seen.append)
    finally:
        os.close(fd)


@pytest.mark.parametrize(
    "etag",
    [
        EMPTY[1:-1],
        EMPTY.replace("-", "+"),
        f'"n{EMPTY[2:]}',  # of parts of another size: 0x9e
        f'"{"A" * 28}"',
        f'"{EMPTY[1:-2]}"',
        f'"{EMPTY[1:-1]}A"',
    ],
)
def test_an_etag_in_another_form_proves_nothing(etag: str) -> None:
    assert proof_of(etag, 0) is None
    assert not is_digest(etag)


def test_the_form_must_be_that_of_the_size() -> None:
    assert proof_of(qetag(DATA[:100]), 5 * MIB) is None
    assert proof_of(qetag(DATA[: 5 * MIB]), 100) is None
