"""Objects of stores without TLS come past libcurl: the same bytes, the same errors, few connections."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import obstore
import pytest

from avio.engines.base import Side
from avio.engines.local import store_gate
from avio.engines.local.buckets import object_fetch, ranged_fetch
from avio.engines.local.buckets.multiget import MultiGet
from avio.engines.local.buckets.plain_gets import PlainGets
from avio.engines.local.buckets.plain_side import PlainSide
from avio.engines.local.buckets.signed_requests import SignedRequests
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, ObjectsHarness, outcomes
from tests.contract.engines.lying_store import Reply, Store, error
from tests.contract.engines.test_other_bytes import World
from tests.servers.seaweed import S3Server

MIB = 1 << 20
WHOLE, IN_SEGMENTS, IN_RANGES = MIB + 5, 3 * MIB + 1, 9 * MIB + 1  # as they are fetched
NAMES = ["plain", "a b+c", "~(x)!*'&=;,$@", "ä/数据/\U0001f600", "100%25", "a:b"]


@pytest.fixture(autouse=True)
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_fetch, "SEGMENT_BYTES", 2 * MIB)
    monkeypatch.setattr(object_fetch, "LARGE_BYTES", 4 * MIB)
    monkeypatch.setattr(ranged_fetch, "RANGE_BYTES", MIB)


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    return World(tmp_path, ("s3://b", store.options), 1 << 30)


@contextmanager
def by_libcurl(monkeypatch: pytest.MonkeyPatch, *, alone: bool) -> Iterator[list[str]]:
    """Note the keys that libcurl gets. With `alone` it gets all."""
    got: list[str] = []
    get = SignedRequests.get

    def noted(self: SignedRequests, what: str, key: str, *rest: Any) -> Any:
        got.append(key)
        return get(self, what, key, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(SignedRequests, "get", noted)
        if alone:
            patch.setattr(PlainGets, "get", lambda *_: None)
        yield got


@pytest.mark.parametrize("verify", ["size", "checksum"])
def test_keys_that_need_escapes_are_signed_right(
    tmp_path: Path, seaweed_server: S3Server, monkeypatch: pytest.MonkeyPatch, verify: str
) -> None:
    folder = f"{os.urandom(8).hex()} ü+"
    url, store = seaweed_server.make_bucket("contract"), seaweed_server.store("contract", folder)
    world = ObjectsHarness(tmp_path, f"{url}/{folder}", seaweed_server.options, store, 1 << 30)
    sizes = (WHOLE, IN_SEGMENTS, IN_RANGES)
    contents = {name: os.urandom(sizes[number % 3]) for number, name in enumerate(NAMES)}
    for name, content in contents.items():
        obstore.put(store, name, content)

    with by_libcurl(monkeypatch, alone=False) as got:
        moved = world.preload(verify=verify)

    assert set(outcomes(moved).values()) == {Outcome.DONE}
    for name, content in contents.items():
        assert world.read_cache(f"/data/{name}") == content
    assert got == []


def test_a_wrong_secret_is_refused(tmp_path: Path, seaweed_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = os.urandom(8).hex()
    url, store = seaweed_server.make_bucket("contract"), seaweed_server.store("contract", folder)
    obstore.put(store, "f", bytes(IN_SEGMENTS))
    good = ObjectsHarness(tmp_path, f"{url}/{folder}", seaweed_server.options, store, 1 << 30)
    entries = list(good.engine.walk("/data", depth=None, side=Side.BUCKET))
    wrong = {**seaweed_server.options, "secret_access_key": "another"}
    world = ObjectsHarness(tmp_path / "other", f"{url}/{folder}", wrong, store, 1 << 30)

    with by_libcurl(monkeypatch, alone=False) as got:
        [moved] = world.engine.preload(entries, Params(verify="size"), Attempt())

    assert "SignatureDoesNotMatch" in str(moved.error)
    assert got == []


def test_objects_and_ranges_share_connections(world: World, store: Store) -> None:
    for number in range(5):
        store.put(f"f{number}", os.urandom(IN_RANGES))
    run = Attempt(threads=1)
    run.concurrency = 1
    before = store.connections

    assert set(outcomes(world.preload(run=run)).values()) == {Outcome.DONE}

    assert store.count("GET f0") + store.count("GET f4") >= 20
    assert store.connections - before <= 3  # of libcurl for the listing and a HEAD, and one for all bodies
    for number in range(5):
        assert world.read_cache(f"/data/f{number}") == store.objects[f"f{number}"][0]


REFUSALS: dict[str, Reply] = {
    "301": (301, {"x-amz-bucket-region": "eu-west-7"}, b""),
    "307": (307, {"Location": "http://elsewhere.invalid/b/f"}, b""),
    "403": error(403, "SignatureDoesNotMatch", "The signature does not match."),
    "404": error(404, "NoSuchKey"),
    "412": error(412, "PreconditionFailed"),
    "416": error(416, "InvalidRange"),
    "400 html": (400, {"Content-Type": "text/html"}, b"<html>no</html>"),
    "503": (503, {"Retry-After": "0"}, error(503, "SlowDown", "Reduce your request rate.")[2]),
    "500": (500, {}, b""),
    "202": (202, {}, b"later"),
    "200 page": (200, {"Content-Type": "text/html"}, b"<html>log in</html>"),
}


@pytest.mark.parametrize("size", [WHOLE, IN_SEGMENTS, IN_RANGES])
@pytest.mark.parametrize("reply", REFUSALS.values(), ids=REFUSALS.keys())
def test_what_a_store_refuses_is_said_as_by_libcurl(
    world: World, store: Store, monkeypatch: pytest.MonkeyPatch, reply: Reply, size: int
) -> None:
    monkeypatch.setattr(store_gate, "PAUSES_SECONDS", (0.0, 0.0, 0.0))
    store.put("f", bytes(size))
    store.lie = lambda method, key, honest: reply if (method, key) == ("GET", "f") else honest
    said, asked = [], []
    for alone in (True, False):
        before = store.count("GET f")
        with by_libcurl(monkeypatch, alone=alone):
            moved = world.preload()["/data/f"]
        assert moved.outcome is Outcome.FAILED
        said.append((type(moved.error), str(moved.error), moved.tries))
        asked.append(store.count("GET f") - before)
    assert said[0] == said[1]
    assert asked[0] == asked[1]
    assert world.temporaries() == []


@contextmanager
def small_by_libcurl(monkeypatch: pytest.MonkeyPatch, *, alone: bool) -> Iterator[list[str]]:
    """Note the keys of small objects that libcurl gets among many. With `alone` it gets all."""
    got: list[str] = []
    ask = MultiGet._ask_libcurl

    def noted(self: MultiGet[Any], asked: Any) -> None:
        got.append(asked.source.key)
        ask(self, asked)

    with monkeypatch.context() as patch:
        patch.setattr(MultiGet, "_ask_libcurl", noted)
        if alone:
            patch.setattr(PlainSide, "request", lambda *_, **__: None)
        yield got


def one_by_one() -> Attempt:
    run = Attempt(threads=1)
    run.concurrency = 1
    return run


@pytest.mark.parametrize("reply", REFUSALS.values(), ids=REFUSALS.keys())
def test_what_a_store_refuses_of_a_small_object_is_said_as_by_libcurl(
    world: World, store: Store, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    monkeypatch.setattr(store_gate, "PAUSES_SECONDS", (0.0, 0.0, 0.0))
    for name in ("a", "f"):
        store.put(name, bytes(1000))
    store.lie = lambda method, key, honest: reply if (method, key) == ("GET", "f") else honest
    said, asked = [], []
    for alone in (True, False):
        before = store.count("GET f")
        if world.read_cache("/data/a") is not None:
            world.drop_cache("/data/a")
        with small_by_libcurl(monkeypatch, alone=alone) as got:
            moved = world.preload(run=one_by_one())
        assert (moved["/data/a"].outcome, moved["/data/f"].outcome) == (Outcome.DONE, Outcome.FAILED)
        said.append((type(moved["/data/f"].error), str(moved["/data/f"].error), moved["/data/f"].tries))
        asked.append(store.count("GET f") - before)
        assert got[0] == "a"
        assert ("f" in got) == alone
    assert said[0] == said[1]
    assert asked[0] == asked[1]
    assert world.temporaries() == []
