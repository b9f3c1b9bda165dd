"""Answers of stores that keep to HTTP in a way of their own, or just beside it."""

import re
from pathlib import Path

import pytest

from avio.engines.base import EntryState
from avio.engines.local.buckets import object_fetch, ranged_fetch
from avio.errors import BadReply
from avio.wire.results import Outcome
from tests.contract.engines.lying_store import Reply, Store
from tests.contract.engines.test_other_bytes import World

SMALL, LARGE, PARTS = 1000, (1 << 20) + 1000, (9 << 20)  # bytes: many at a time; one by one; saved in parts


@pytest.fixture
def world(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(object_fetch, "SEGMENT_BYTES", 512 << 10)
    monkeypatch.setattr(object_fetch, "LARGE_BYTES", 4 << 20)
    monkeypatch.setattr(ranged_fetch, "RANGE_BYTES", 1 << 20)
    return World(tmp_path, ("s3://b", store.options), 1 << 30)


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize(
    "text",
    [
        "Mon, 01 Jan 2024 00:00:00 +99999999999999999999",
        "Mon, 01 Jan 99999 00:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 -0000",
        "",
    ],
)
def test_a_time_that_no_clock_shows_is_no_time(world: World, store: Store, text: str, size: int) -> None:
    store.put("f", b"x" * size)
    store.lie = lambda method, key, reply: (reply[0], {**reply[1], "Last-Modified": text}, reply[2]) if key else reply
    assert world.preload()["/data/f"].outcome is Outcome.DONE
    world.put_cache("/data/f", b"edited")
    assert world.save()["/data/f"].outcome is Outcome.DONE
    assert store.objects["f"][0] == b"edited"


def _as_sent(etag: str) -> str:
    return etag.encode().decode("latin-1")  # as http.server writes bytes


@pytest.mark.parametrize("size", [SMALL, LARGE, PARTS])
@pytest.mark.parametrize("etag", ['"é"', '"数据"', '"\U0001f600"'])
def test_an_etag_that_no_condition_can_name_is_looked_at(world: World, store: Store, etag: str, size: int) -> None:
    store.put("f", b"x" * size, etag)

    def lie(method: str, key: str, reply: Reply) -> Reply:
        status, headers, body = reply
        return status, headers | ({"ETag": _as_sent(headers["ETag"])} if "ETag" in headers else {}), body

    store.lie = lie
    assert world.preload()["/data/f"].outcome is Outcome.DONE
    assert world.engine.stat("/data/f").state is EntryState.CACHED
    world.put_cache("/data/f", b"y" * size)
    assert world.save()["/data/f"].outcome is Outcome.DONE
    assert store.objects["f"][0] == b"y" * size

    store.put("f", b"of another program", etag.replace('"', "", 1))
    world.put_cache("/data/f", b"z" * size)
    assert world.save()["/data/f"].outcome is Outcome.FAILED
    assert store.objects["f"][0] == b"of another program"


@pytest.mark.parametrize("size", [LARGE, PARTS])
def test_a_range_of_an_object_whose_length_is_not_told_is_that_range(world: World, store: Store, size: int) -> None:
    store.put("f", bytes(range(250)) * (size // 250))

    def lie(method: str, key: str, reply: Reply) -> Reply:
        status, headers, body = reply
        return status, {name: re.sub(r"/\d+$", "/*", text) for name, text in headers.items()}, body

    store.lie = lie
    assert world.preload()["/data/f"].outcome is Outcome.DONE
    assert world.read_cache("/data/f") == store.objects["f"][0]


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize("status", [202, 203])
def test_a_reply_of_another_success_is_called_by_its_status(world: World, store: Store, status: int, size: int) -> None:
    store.put("f", b"x" * size)
    store.lie = lambda method, key, reply: (status, *reply[1:]) if (method, key) == ("GET", "f") else reply
    error = world.preload()["/data/f"].error
    assert isinstance(error, BadReply)
    assert f"HTTP {status}" in str(error)
    assert world.read_cache("/data/f") is None


@pytest.mark.parametrize("etag", ['"a&b<c>"', '"é"'])
def test_parts_are_named_as_the_store_named_them(world: World, store: Store, etag: str) -> None:
    bodies = []

    def lie(method: str, key: str, reply: Reply) -> Reply:
        status, headers, body = reply
        parts = method == "PUT" and "partNumber" in store.requests[-1]
        return status, headers | ({"ETag": _as_sent(etag)} if parts else {}), body

    store.lie = lie
    answer = store.answer

    def keep(method: str, key: str, query: dict[str, str], headers: object, body: bytes) -> Reply:
        if method == "POST" and "uploadId" in query:
            bodies.append(body)
        return answer(method, key, query, headers, body)

    store.answer = keep  # type: ignore[method-assign]
    world.put_cache("/data/f", b"y" * PARTS)
    assert world.save()["/data/f"].outcome is Outcome.DONE
    escaped = etag.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    assert f"<ETag>{escaped}</ETag>".encode() in bodies[0]
