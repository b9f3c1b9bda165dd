"""Small files are saved past libcurl where a store has no TLS: signed as stores want it, and never taken for saved."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import obstore
import pytest

from avio.engines.base import EntryState, Side
from avio.engines.local.buckets.multiput import MultiPut
from avio.engines.local.buckets.store_facts import FIRST_UPLOADS
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, ObjectsHarness, OnDisk, outcomes
from tests.contract.engines.lying_store import Reply, Store
from tests.contract.engines.test_many_puts import FILES, put_many, put_old, saved_and_checked, taught, world
from tests.contract.engines.test_other_bytes import World
from tests.contract.engines.test_past_libcurl import NAMES
from tests.servers.seaweed import S3Server

__all__ = ["taught", "world"]

CONTENTS = {f"{name}.txt": os.urandom(1000) for name in NAMES} | {"empty": b"", "large": os.urandom(1 << 20)}


@contextmanager
def by_libcurl(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Note the keys that libcurl puts among many."""
    put: list[str] = []
    ask = MultiPut._put_by_libcurl

    def noted(self: MultiPut[Any], asked: Any) -> None:
        put.append(asked.small.key)
        ask(self, asked)

    with monkeypatch.context() as patch:
        patch.setattr(MultiPut, "_put_by_libcurl", noted)
        yield put


def one_by_one() -> Attempt:
    run = Attempt(threads=1)
    run.concurrency = 1
    return run


def save_one_by_one(world: OnDisk) -> dict[str, Outcome]:
    entries = [entry for entry in world.engine.walk("/data", depth=None, side=Side.SAVE) if not entry.saved]
    return outcomes({each.entry.path: each for each in world.engine.save(iter(entries), Params(), one_by_one())})


def test_keys_that_need_escapes_are_signed_right(
    tmp_path: Path, seaweed_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = f"{os.urandom(8).hex()} ü+"
    url, store = seaweed_server.make_bucket("contract"), seaweed_server.store("contract", folder)
    world = ObjectsHarness(tmp_path, f"{url}/{folder}", seaweed_server.options, store, 1 << 30)
    for number in range(FIRST_UPLOADS + 3):
        put_old(world, f"/data/first/{number}", b"first")
    assert set(save_one_by_one(world).values()) == {Outcome.DONE}
    for name, content in CONTENTS.items():
        put_old(world, f"/data/{name}", content)

    with by_libcurl(monkeypatch) as put:
        assert set(save_one_by_one(world).values()) == {Outcome.DONE}

    assert put == []
    assert {name: bytes(obstore.get(store, name).bytes()) for name in CONTENTS} == CONTENTS


@pytest.mark.parametrize(
    "answer",
    [
        lambda honest: (honest[0], {**honest[1], "Transfer-Encoding": "chunked"}, b""),
        lambda honest: (204, honest[1], b""),
    ],
    ids=["chunked", "204"],
)
def test_an_unusual_reply_leaves_the_rest_to_libcurl(
    taught: World, store: Store, monkeypatch: pytest.MonkeyPatch, answer: Callable[[Reply], Reply]
) -> None:
    paths = put_many(taught)
    store.lie = lambda method, key, honest: answer(honest) if (method, key) == ("PUT", "many/0010.json") else honest

    with by_libcurl(monkeypatch) as put:
        moved, checked = saved_and_checked(taught)

    assert {each.outcome for each in moved.values()} == {Outcome.DONE}
    assert {checked[path].state for path in paths} == {EntryState.CACHED}
    assert len(put) < FILES
    assert {path: store.objects[path.removeprefix("/data/")][0] for path in paths} == {p: p.encode() for p in paths}
