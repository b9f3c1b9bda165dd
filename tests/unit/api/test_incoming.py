"""A request while it arrives: whole or not, until when, and what is refused before any parser sees it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avio.api.sockets.chunks import FRAMING_BYTES, Chunks
from avio.api.sockets.incoming import (
    BLANK_BYTES,
    BODY_SECONDS,
    HEAD_BYTES,
    HEAD_SECONDS,
    LINE_BYTES,
    Incoming,
    Refused,
)

RATE = 1000
BODY_MAX = 5000
GET = b"GET /whoami HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /login HTTP/1.1\r\nContent-Length: 10\r\n\r\n"
CHUNKED = b"POST /login HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED_WHOLE = CHUNKED + b"5\r\n0\r\n\r\n\r\n1;a=b\r\n}\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n"


def incoming() -> Incoming:
    return Incoming(5.0, body_max=BODY_MAX, rate=RATE)


def is_whole(text: bytes) -> bool:
    return incoming().feed(text, 1.0)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (GET, True),
        (b"\r\n" + GET, True),
        (b"\r\n" * (BLANK_BYTES // 2) + GET, True),
        (GET[:-1], False),
        (POST + b"123456789", False),
        (POST + b"1234567890", True),
        (POST.lower().replace(b"post", b"POST") + b"123456789", False),
        (POST.replace(b"10", b"5001"), True),  # a thread refuses it, and does not read it
        (POST.replace(b"login", b"filelists"), True),  # a thread reads it
        (POST.replace(b"login", b"filelistsx"), False),
        (POST.replace(b": 10", b": " + b"0" * 20 + b"10"), False),
        (CHUNKED, False),
        (CHUNKED + b"2\r\n{}\r\n0\r\n\r\n", True),
        (CHUNKED + b"2\r\n{}\r\n0\r\n\r\nGET /", True),  # of the next request
        (CHUNKED + b"002;a=b\r\n{}\r\n000\r\n\r\n", True),
        (CHUNKED + b"2\r\n{}\r\n0\r\nX-Sum: 1\r\n", False),
        (CHUNKED + b"2\r\n{}\r\n0\r\nX-Sum: 1\r\n\r\n", True),
        (CHUNKED + b"1000\r\nxxxx0\r\n\r\n", False),  # data that looks like a last chunk
        (CHUNKED + b"ffffff\r\n" + b"x" * BODY_MAX, False),
        (CHUNKED + b"ffffff\r\n" + b"x" * (BODY_MAX + 1), True),  # a thread refuses it without the rest
        (CHUNKED + b"1\r\nx\r\n" * (BODY_MAX // 5), False),  # long by its framing alone
    ],
)
def test_a_request_is_whole_with_its_body(text: bytes, whole: bool) -> None:
    assert is_whole(text) is whole


@given(st.lists(st.integers(0, len(POST) + 10)))
def test_it_is_whole_with_its_last_byte_however_it_is_cut(cuts: list[int]) -> None:
    text = POST + b"1234567890"
    places = [0, *sorted(cuts), len(text)]
    one = incoming()
    pieces = [text[begin:end] for begin, end in pairwise(places) if begin < end]
    assert [one.feed(piece, 1.0) for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert one.data == text


@given(st.lists(st.integers(0, len(CHUNKED_WHOLE))))
def test_a_chunked_body_ends_with_its_last_byte_however_it_is_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(CHUNKED_WHOLE)]
    one = incoming()
    pieces = [CHUNKED_WHOLE[begin:end] for begin, end in pairwise(places) if begin < end]
    assert [one.feed(piece, 1.0) for piece in pieces] == [False] * (len(pieces) - 1) + [True]


class Counted(bytearray):
    """A request that counts how many of its bytes were searched."""

    searched = 0

    def find(self, sub: object, start: int = 0, end: int | None = None) -> int:  # type: ignore[override]
        self.searched += (len(self) if end is None else end) - start
        return super().find(sub, start)  # type: ignore[arg-type]


@pytest.mark.parametrize("body", [b"a;" + b"x" * 10_000, b"1\r\nx\r\n" * 2000, b"1000\r\n" + b"x" * 4096])
def test_each_byte_of_a_chunked_body_is_looked_at_a_few_times_however_it_comes(body: bytes) -> None:
    data, chunks = Counted(), Chunks(0)
    for at in range(len(body)):
        data += body[at : at + 1]
        assert not chunks.ends(data)
    assert data.searched <= 3 * len(body)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"GET /" + b"x" * LINE_BYTES, 414),
        (b"GET / HTTP/1.1\r\n" + b"X-Long: y\r\n" * HEAD_BYTES, 431),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\n\r\n", 400),
        (b"\r\n" * (BLANK_BYTES // 2 + 1), 400),
        (b"\r\n" * 40_000, 400),
        (CHUNKED + b"x" * 100 + b"\r\n", 400),
        (CHUNKED + b"-1\r\n", 400),
        (CHUNKED + b"\r\n", 400),
        (CHUNKED + b"1;" + b"x" * FRAMING_BYTES, 400),
        (CHUNKED + b"1\r\nx\r\n" * FRAMING_BYTES, 400),
        (CHUNKED + b"0\r\n" + b"X-Trailer: y\r\n" * FRAMING_BYTES, 400),
    ],
)
def test_what_is_no_request_is_refused(text: bytes, status: int) -> None:
    for size in (len(text), 4096):
        one = incoming()
        with pytest.raises(Refused) as refused:
            any(one.feed(text[at : at + size], 1.0) for at in range(0, len(text), size))
        assert refused.value.status == status


def test_line_feeds_in_a_body_are_no_ends_of_lines() -> None:
    assert is_whole(POST + b"\n\n\n\n\n\n\n\n\n\n")


def test_more_bytes_do_not_give_a_head_more_time() -> None:
    one = incoming()
    assert one.deadline == 5.0
    for second in range(8):
        one.feed(b"G", float(second))
        assert one.deadline == HEAD_SECONDS


def test_empty_lines_before_a_request_are_few_and_give_it_no_more_time() -> None:
    one = incoming()
    for second in range(BLANK_BYTES // 2):
        assert not one.feed(b"\r", float(second))
        assert not one.feed(b"\n", float(second))
        assert one.deadline == HEAD_SECONDS
    with pytest.raises(Refused) as refused:
        one.feed(b"\r\n", 1.0)
    assert (refused.value.status, one.deadline) == (400, HEAD_SECONDS)


def test_a_body_has_its_time_and_more_as_it_comes() -> None:
    one = incoming()
    one.feed(POST, 3.0)
    assert one.deadline == 3.0 + BODY_SECONDS
    one.feed(b"12345", 4.0)
    assert one.deadline == 3.0 + BODY_SECONDS + 5 / RATE


def test_a_client_that_waits_for_100_is_told_once_and_the_parser_does_not_see_it() -> None:
    one = incoming()
    assert not one.feed(POST.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\nHost: x\r\n\r\n"), 1.0)
    assert one.owes_continue
    assert one.feed(b"1234567890", 2.0)
    assert one.data == POST.replace(b"\r\n\r\n", b"\r\nHost: x\r\n\r\n") + b"1234567890"


@pytest.mark.parametrize(("line", "is_one"), [(b"GET /healthz", True), (b"GET /healthzz", False), (b"GET /", False)])
def test_liveness_is_known_by_its_line(line: bytes, is_one: bool) -> None:
    one = incoming()
    one.feed(line + b" HTTP/1.1\r\n\r\n", 1.0)
    assert one.is_liveness is is_one
