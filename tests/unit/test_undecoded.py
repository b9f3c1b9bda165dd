"""Bytes that are not UTF-8 in messages: each is shown as its escape, once, and what looks like one stays as it is."""

import os

import pytest

from avio.errors import AvioError
from avio.executor.verdict import explain
from avio.undecoded import described, quoted, readable, reread
from avio.wire.params import Params

RAW = os.fsdecode(b"/a/\xff\xfe")


@pytest.mark.parametrize(
    ("text", "shown", "in_quotes"),
    [
        (RAW, r"/a/\xff\xfe", r"'/a/\xff\xfe'"),
        (r"/a/\udcff", r"/a/\udcff", r"'/a/\\udcff'"),
        ("\\\\\udcff", r"\\\xff", r"'\\\\\xff'"),
        ("\ud800é", r"\ud800é", r"'\ud800é'"),
        ("it's\n", "it's\n", r'"it\'s\n"'.replace("\\'", "'")),
    ],
)
def test_a_byte_is_shown_as_its_escape(text: str, shown: str, in_quotes: str) -> None:
    assert readable(text) == shown
    assert quoted(text) == in_quotes


def test_the_messages_of_every_error_have_no_lone_surrogate() -> None:
    error = AvioError(f"{RAW} is not saved", cure=f"look at {RAW}")
    missing = FileNotFoundError(2, "No such file", RAW)

    assert (error.message, error.cure) == (r"/a/\xff\xfe is not saved", r"look at /a/\xff\xfe")
    assert described(missing) == r"[Errno 2] No such file: '/a/\xff\xfe'"
    assert explain(missing)[1] == r"the node's own disk: [Errno 2] No such file: '/a/\xff\xfe'"
    assert explain(ValueError(RAW))[1] == r"ValueError: /a/\xff\xfe"
    assert Params.at(RAW).subject == r"/a/\xff\xfe"


def test_bytes_that_a_locale_of_ascii_could_not_read_are_read_as_utf8() -> None:
    assert reread("é".encode().decode("ascii", "surrogateescape")) == "é"
    assert reread(RAW) == RAW
