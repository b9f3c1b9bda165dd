"""Threads share the idle connections past libcurl, some of which the store has closed."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from avio.engines.local.buckets import plain_gets
from avio.engines.local.buckets.plain_gets import PlainGets
from avio.engines.local.buckets.s3_place import place_of


def test_threads_that_meet_closed_connections_share_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        is_free = True

        def is_fresh(self, _seconds: float) -> bool:
            return False

        def close(self) -> None:
            pass

    keys = {"access_key_id": "a", "secret_access_key": "b"}
    place = place_of("s3://b", {"endpoint": "http://127.0.0.1:1", **keys})
    assert place is not None
    gets = PlainGets(place)
    monkeypatch.setattr(plain_gets, "_opened", lambda *_: 0)
    monkeypatch.setattr(plain_gets, "PlainConnection", lambda _: Closed())
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def take(_: int) -> None:
        for _ in range(20_000):
            gets._connection("b/f", lambda: False)
            for _ in range(3):
                gets._give_back(Closed())  # type: ignore[arg-type]

    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(take, range(4)))
    finally:
        sys.setswitchinterval(before)
