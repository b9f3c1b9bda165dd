"""Stores that only obstore opens: the same promises as S3 with keys, here on an S3 server that is asked by obstore."""

import os
from pathlib import Path

import pytest

from avio.engines.base import EntryState
from avio.engines.local.buckets import object_fetch, object_put, objects
from avio.errors import Corrupt, NotSaved
from avio.wire.results import Outcome
from tests.contract.engines.lying_store import Reply, Store
from tests.contract.engines.test_other_bytes import LARGE, SMALL, World


@pytest.fixture
def world(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(objects, "place_of", lambda url, options: None)
    monkeypatch.setattr(object_put, "PART_BYTES", 5 << 20)
    monkeypatch.setattr(object_fetch, "SEGMENT_BYTES", 1 << 20)
    return World(tmp_path, ("s3://b", store.options), 1 << 30)


@pytest.mark.parametrize("size", [0, SMALL, LARGE, 3 << 20])
def test_an_object_comes_whole(world: World, store: Store, size: int) -> None:
    store.put("f", os.urandom(size))
    assert world.preload()["/data/f"].outcome is Outcome.DONE
    assert world.read_cache("/data/f") == store.objects["f"][0]
    assert world.engine.stat("/data/f").state is EntryState.CACHED


@pytest.mark.parametrize("conditions", [True, False])
@pytest.mark.parametrize("size", [SMALL, 6 << 20])
def test_a_file_is_saved_and_replaces_only_what_it_came_from(
    world: World, store: Store, size: int, conditions: bool
) -> None:
    store.conditions = conditions
    store.put("changed", b"first")
    world.preload()
    for name in ("new", "changed"):
        world.put_cache(f"/data/{name}", os.urandom(size))
    assert {path: moved.outcome for path, moved in world.save().items()} == dict.fromkeys(
        ("/data/new", "/data/changed"), Outcome.DONE
    )
    assert all(store.objects[name][0] == world.read_cache(f"/data/{name}") for name in ("new", "changed"))

    world.put_cache("/data/new", b"of the cache")
    store.put("new", b"of another program")
    assert isinstance(world.save()["/data/new"].error, NotSaved)
    assert store.objects["new"][0] == b"of another program"


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_another_body_gets_no_name(world: World, store: Store, size: int) -> None:
    store.put("f", os.urandom(size))

    def other(method: str, key: str, reply: Reply) -> Reply:
        return (reply[0], {**reply[1], "ETag": '"other"'}, reply[2]) if (method, key) == ("GET", "f") else reply

    store.lie = other
    assert isinstance(world.preload()["/data/f"].error, Corrupt)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_line_that_drops_each_reply_midway_still_brings_the_object(world: World, store: Store, size: int) -> None:
    store.put("f", os.urandom(size))

    def torn(method: str, key: str, reply: Reply) -> Reply:
        status, headers, body = reply
        return (status, headers, body[: max(300_000, SMALL // 2)]) if (method, key) == ("GET", "f") else reply

    store.lie = torn
    assert world.preload()["/data/f"].outcome is Outcome.DONE
    assert world.read_cache("/data/f") == store.objects["f"][0]
