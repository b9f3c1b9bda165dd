"""Our signature of a GET is that of Amazon's documents, and that of libcurl."""

import calendar
import re
import time

import pytest

from avio.engines.local.buckets.plain_place import PlainAsk, PlainPlace
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.buckets.s3_signature import Signature
from avio.engines.local.buckets.signed_requests import SignedRequests
from tests.unit.engines.local.raw_store import Send, raw_store

# "Authenticating Requests: Using the Authorization Header", "Example: GET Object".
AMAZONS = S3Place(
    "http://examplebucket.s3.amazonaws.com",
    "examplebucket",
    "",
    "us-east-1",
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
)
HEADERS = {"Host": "examplebucket.s3.amazonaws.com", "Range": "bytes=0-9"}
NOW = calendar.timegm((2013, 5, 24, 0, 0, 0))
EXPECTED = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"


def sign(signature: Signature, path: str, headers: dict[str, str], now: float) -> dict[str, str]:
    moment = signature.moment(headers, now)
    assert moment is not None
    return {**moment.headers, "Authorization": moment.authorization(path)}


def test_amazons_example() -> None:
    signed = sign(Signature(AMAZONS), "/test.txt", HEADERS, NOW)
    assert signed["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        f"SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature={EXPECTED}"
    )
    assert signed["x-amz-date"] == "20130524T000000Z"


def test_the_key_is_that_of_the_day() -> None:
    signature = Signature(AMAZONS)
    before = sign(signature, "/test.txt", HEADERS, NOW - 1)["Authorization"]
    assert "20130523" in before
    assert sign(signature, "/test.txt", HEADERS, NOW)["Authorization"].endswith(EXPECTED)
    assert sign(signature, "/test.txt", HEADERS, NOW - 1)["Authorization"] == before


def test_without_a_key_nothing_is_signed() -> None:
    assert Signature(AMAZONS._replace(key="", secret="")).moment(HEADERS, NOW) is None
    request = PlainAsk(PlainPlace(AMAZONS._replace(key="", secret="")), {}).request("test.txt")
    assert request is not None
    assert b"authorization" not in request.lower()
    assert b"x-amz" not in request.lower()


@pytest.mark.parametrize("options", [{}, {"session_token": "to+k/en=="}, {"region": "eu-west-7"}])
@pytest.mark.parametrize("key", ["f", "a b+c", "~/(x)!*'&=;:@,$", "ä/数据/\U0001f600", "100%", "a//b", "x?y#z"])
def test_libcurl_signs_the_same(key: str, options: dict[str, str]) -> None:
    def answer(headers: dict[str, str], send: Send) -> bool:
        send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        return True

    with raw_store(answer) as store:
        place = store.place(**options)
        sent = {"Range": "bytes=5-9", "x-amz-checksum-mode": "ENABLED"}
        SignedRequests(place).get("f", key, sent, lambda _: None, lambda _: None)
        [(first, theirs)] = store.requests
        path = place.url_of(key).removeprefix(f"http://127.0.0.1:{store.port}")
        at = calendar.timegm(time.strptime(theirs["x-amz-date"], "%Y%m%dT%H%M%SZ"))
        ours = sign(Signature(place), path, {"Host": f"127.0.0.1:{store.port}", **sent}, at)

    assert first == f"GET {path} HTTP/1.1"
    assert _parts(ours["Authorization"]) == _parts(theirs["authorization"])
    assert ours.get("x-amz-security-token") == theirs.get("x-amz-security-token")


def _parts(authorization: str) -> list[str]:
    return re.split(r"[ ,]+", authorization)
