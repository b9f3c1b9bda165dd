"""Small objects go past libcurl from the reply that shows that they may, to an address that libcurl finds anew."""

import os

import pytest

from avio.engines.local.buckets import plain_side
from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.multiget import MultiGet
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.buckets.store_facts import StoreFacts
from tests.unit.engines.local.raw_store import RawStore, Send, raw_store

BODY = os.urandom(100)
HEAD = b'HTTP/1.1 200 OK\r\nETag: "x"\r\n'
USUAL = HEAD + b"Content-Length: 100\r\n\r\n" + BODY


def usual(_: dict[str, str], send: Send) -> bool:
    send(USUAL)
    return True


def fetch(place: S3Place, count: int) -> list[bytes | None]:
    """Fetch an object so many times, one after the other."""
    gets: MultiGet[str] = MultiGet()
    facts = StoreFacts("store")
    found: list[bytes | None] = []
    for _ in range(count):
        gets.add(place, Source("f", 100, 0, '"x"'), "f", facts)
        while gets.live:
            found += [body.data if body else None for _, body in gets.poll(0.1)]
    gets.close()
    return found


def ways(store: RawStore) -> str:
    """Tell who made each request: c is libcurl, which signs in its second line, and p what goes past it."""
    return "".join("c" if [*headers][1] == "authorization" else "p" for _, headers in store.requests)


def test_the_first_goes_by_libcurl_and_all_others_past_it_with_the_same_signature() -> None:
    with raw_store(usual) as store:
        assert fetch(store.place(), 4) == [BODY] * 4
    assert ways(store) == "cppp"
    dates: dict[str, set[str]] = {}
    for _, headers in store.requests:
        dates.setdefault(headers["x-amz-date"], set()).add(headers["authorization"])
    assert {len(signatures) for signatures in dates.values()} == {1}


def test_libcurl_finds_the_address_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_side, "ADDRESS_SECONDS", 0)
    with raw_store(usual) as store:
        assert fetch(store.place(), 3) == [BODY] * 3
    assert ways(store) == "ccc"


def test_a_store_whose_replies_are_chunked_is_left_to_libcurl() -> None:
    def chunked(_: dict[str, str], send: Send) -> bool:
        send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n64\r\n" + BODY + b"\r\n0\r\n\r\n")
        return True

    with raw_store(chunked) as store:
        assert fetch(store.place(), 3) == [BODY] * 3
    assert ways(store) == "ccc"


def test_a_reply_of_another_form_is_asked_for_again_and_leaves_all_to_libcurl() -> None:
    def sometimes(_: dict[str, str], send: Send) -> bool:
        chunked = len(store.requests) >= 3
        send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n64\r\n" + BODY + b"\r\n0\r\n\r\n" if chunked else USUAL)
        return True

    with raw_store(sometimes) as store:
        assert fetch(store.place(), 5) == [BODY] * 5
    assert ways(store) == "cppccc"


def test_after_a_broken_line_libcurl_looks_where_the_store_is() -> None:
    def breaks(_: dict[str, str], send: Send) -> bool:
        send(USUAL[:-5] if len(store.requests) == 3 else USUAL)
        return len(store.requests) != 3

    with raw_store(breaks) as store:
        assert fetch(store.place(), 5) == [BODY, BODY, None, BODY, BODY]
    assert ways(store) == "cppcp"
