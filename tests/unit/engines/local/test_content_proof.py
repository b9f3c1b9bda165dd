"""What an ETag says of bytes: all, if it is their MD5; something, if the size of the parts is guessed; or nothing."""

import hashlib
from collections.abc import Mapping

import pytest

from avio.engines.content import Content
from avio.engines.local.buckets.content_proof import may_prove, proof_of, verdict_on

MIB = 1 << 20
DATA = b"0123456789abcdef" * (12 * MIB // 16) + b"end"
FLIPPED = bytes([DATA[0] ^ 1]) + DATA[1:]


def etag_of(data: bytes, part_bytes: int = 0) -> str:
    """Return the ETag of an object, uploaded in parts if `part_bytes` is given."""
    if not part_bytes:
        return f'"{hashlib.md5(data).hexdigest()}"'
    parts = [data[at : at + part_bytes] for at in range(0, max(1, len(data)), part_bytes)]
    whole = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()
    return f'"{whole}-{len(parts)}"'


def verdict(etag: str, data: bytes, part_bytes: int = 0, step: int = 100_003) -> Content | None:
    """Show the bytes to the proof, some at a time; if its parts are to be guessed, all at once says the same."""
    proof = proof_of(etag, len(data), part_bytes)
    assert proof is not None
    for at in range(0, len(data), step):
        proof.update(memoryview(data)[at : at + step])
    found = proof.verdict()
    assert part_bytes or verdict_on(data, etag) is found
    return found


@pytest.mark.parametrize("data", [b"", b"x", DATA])
def test_one_put_is_proved_or_refuted(data: bytes) -> None:
    assert verdict(etag_of(data), data) is Content.PROVED
    assert verdict(etag_of(data + b"x"), data) is None


@pytest.mark.parametrize("size", [0, 1, 7 * MIB - 1, 7 * MIB, 7 * MIB + 1, len(DATA)])
def test_parts_of_a_known_size_are_proved_or_refuted(size: int) -> None:
    data = DATA[:size]
    assert verdict(etag_of(data, 7 * MIB), data, 7 * MIB) is Content.PROVED
    assert verdict(etag_of(data + b"x", 7 * MIB), data, 7 * MIB) is None


@pytest.mark.parametrize("part_bytes", [5 * MIB, 16 * MIB, len(DATA)])
def test_parts_of_a_usual_size_are_proved(part_bytes: int) -> None:
    assert verdict(etag_of(DATA, part_bytes), DATA) is Content.PROVED


@pytest.mark.parametrize("part_bytes", [5 * MIB + 1, 4 * MIB + 100_000])
def test_parts_of_another_size_refute_nothing(part_bytes: int) -> None:
    etag = etag_of(DATA, part_bytes)
    assert etag.endswith('-3"')
    assert verdict(etag, DATA) is Content.UNPROVED


@pytest.mark.parametrize("etag", [None, '"x"', f'"{"g" * 32}"', f'"{"A" * 32}"', f'"{"0" * 32}-9999"'])
def test_an_etag_that_is_no_digest_says_nothing_of_a_whole_body(etag: str | None) -> None:
    assert verdict_on(b"x", etag) is Content.UNPROVED


def test_other_bytes_under_a_guessed_size_are_not_proved() -> None:
    assert verdict(etag_of(DATA, 5 * MIB), FLIPPED) is Content.UNPROVED


def test_an_etag_of_minio_that_is_no_digest_refutes_nothing() -> None:
    assert verdict(f'"{"0f" * 16}-1"', DATA) is Content.UNPROVED


@pytest.mark.parametrize(
    "etag",
    [
        None,
        "",
        '""',
        '"0x8DB7A1C0F2E5B90"',
        f'"{"A" * 32}"',
        "0" * 32,
        f'W/"{"0" * 32}"',
        f'"{"0" * 31}"',
        f'"{"0" * 33}"',
        f'"{"0" * 32}-"',
        f'"{"0" * 32}-0"',
        f'"{"0" * 32}-x"',
        f'"{"0" * 40}"',
        f'"{"0" * 32}-2',
        f'"{"0" * 32}"\n',
    ],
)
def test_an_etag_in_another_form_proves_nothing(etag: str | None) -> None:
    assert proof_of(etag, 10 * MIB) is None


def test_parts_that_no_usual_size_or_more_than_one_gives_prove_nothing() -> None:
    assert proof_of(f'"{"0" * 32}-9999"', 10 * MIB) is None
    assert proof_of(f'"{"0" * 32}-2"', 14 * MIB) is None  # 8 and 10 MiB


@pytest.mark.parametrize(
    ("headers", "may"),
    [
        ({}, True),
        ({"x-amz-server-side-encryption": "AES256"}, True),
        ({"x-amz-request-id": "1", "x-amz-server-side-encryption": "AES256"}, True),
        ({"x-amz-server-side-encryption": "aws:kms"}, False),
        ({"x-amz-server-side-encryption": "aws:kms:dsse"}, False),
        ({"x-amz-server-side-encryption-customer-algorithm": "AES256"}, False),
        ({"x-amz-server-side-encryption": "AES256", "x-amz-server-side-encryption-bucket-key-enabled": "true"}, False),
    ],
)
def test_an_etag_of_an_encrypted_object_may_be_no_digest(headers: Mapping[str, str], may: bool) -> None:
    assert may_prove(headers) is may
