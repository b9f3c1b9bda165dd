"""A store that sends less than a byte a second is given up past libcurl, as libcurl gives it up."""

import time

import pytest

from avio.engines.local.buckets import plain_requests, s3_handle
from avio.engines.local.buckets.plain_gets import PlainGets
from avio.engines.local.buckets.plain_requests import BROKEN, PlainRequests
from avio.errors import EngineAway
from tests.unit.engines.local import test_plain_gets, test_plain_requests
from tests.unit.engines.local.raw_store import Send, raw_store
from tests.unit.engines.local.test_plain_gets import CONTENT, Target, head
from tests.unit.engines.local.test_plain_requests import BODY, HEAD, one

target = test_plain_gets.target
gets = test_plain_requests.gets


def test_less_than_a_byte_a_second_ends_a_request(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_handle, "SILENCE_SECONDS", 2)

    def answer(headers: dict[str, str], send: Send) -> bool:
        send(head())
        for place in range(5):
            time.sleep(1.5)
            send(CONTENT[place : place + 1])
        return False

    with raw_store(answer) as store:
        began = time.monotonic()
        with pytest.raises(EngineAway, match="no answer in time: less than a byte a second"):
            target.get(PlainGets(store.place()))
        assert time.monotonic() - began < 6.5


def test_a_store_with_less_than_a_byte_a_second_is_given_up(
    gets: PlainRequests[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_handle, "SILENCE_SECONDS", 2)
    monkeypatch.setattr(plain_requests, "LOOK_SECONDS", 0.1)

    def trickle(_: dict[str, str], send: Send) -> bool:
        send(HEAD)
        for at in range(5):
            time.sleep(1.5)
            send(BODY[at : at + 1])
        return False

    with raw_store(trickle) as store:
        began = time.monotonic()
        assert one(gets, store) == BROKEN
        assert time.monotonic() - began < 6.5
