"""A large file goes in parts, several at a time and from the file; a part that fails is sent again alone."""

import os
import threading
from pathlib import Path

import pytest

from avio.engines.local.buckets import multipart, object_put
from avio.errors import EngineAway, SourceChanged
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt
from tests.contract.engines.lying_store import Reply, Store, error
from tests.contract.engines.test_other_bytes import World

PART = 1 << 20
PARTS = 6
WAIT_SECONDS = 10


@pytest.fixture
def world(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(object_put, "PART_BYTES", PART)
    monkeypatch.setattr(multipart, "PART_PAUSES_SECONDS", (0.01, 0.01))
    return World(tmp_path, ("s3://b", store.options), 1 << 30)


@pytest.fixture
def content(world: World) -> bytes:
    content = os.urandom(PARTS * PART - 1000)
    world.put_cache("/data/f", content)
    return content


def begun(store: Store) -> int:
    return sum(line.startswith("POST f uploads") for line in store.requests)


def test_parts_are_sent_at_the_same_time(world: World, store: Store, content: bytes) -> None:
    together = threading.Barrier(PARTS)

    def meet(method: str, key: str) -> None:
        if method == "PUT":
            together.wait(WAIT_SECONDS)

    store.before = meet
    assert world.save()["/data/f"].outcome is Outcome.DONE
    assert store.objects["f"][0] == content


@pytest.mark.parametrize("status", [0, 400, 503])
def test_a_part_that_fails_is_sent_again_alone(world: World, store: Store, content: bytes, status: int) -> None:
    failed: list[str] = []

    def fail_once(method: str, key: str, reply: Reply) -> Reply:
        if method != "PUT" or failed:
            return reply
        failed.append(key)
        code = "BadDigest" if status == 400 else "SlowDown"
        return error(status, code) if status else (200, {"Content-Length": "100"}, b"")

    store.lie = fail_once
    moved = world.save()["/data/f"]
    assert (moved.outcome, moved.tries) == (Outcome.DONE, 1)
    assert (store.count("PUT"), begun(store)) == (PARTS + 1, 1)
    assert store.objects["f"][0] == content


@pytest.mark.usefixtures("content")
def test_a_part_that_fails_each_time_ends_the_upload_and_leaves_no_parts(world: World, store: Store) -> None:
    store.before = lambda method, key: (
        error(503, "SlowDown") if method == "PUT" and "partNumber=3" in store.requests[-1] else None
    )
    run = Attempt()
    run.stop = lambda: begun(store) == 2  # else it waits for the store
    assert world.save(run=run) == {} or isinstance(world.save(run=run)["/data/f"].error, EngineAway)
    world.engine.sweep(list)
    assert "f" not in store.objects
    assert store.uploads == {}


@pytest.mark.usefixtures("content")
def test_the_bytes_of_a_part_are_counted_as_they_leave(world: World) -> None:
    sizes: list[int] = []
    run = Attempt()
    run.moved = sizes.append  # type: ignore[method-assign]
    assert world.save(run=run)["/data/f"].outcome is Outcome.DONE
    assert sum(sizes) == PARTS * PART - 1000
    assert max(sizes) < PART, "a slow line shows progress within a part"


@pytest.mark.parametrize("change", ["write", "truncate"])
def test_a_file_that_changes_while_its_parts_are_sent_is_no_object(
    world: World, store: Store, content: bytes, change: str
) -> None:
    file = world.tiers[0] / "data/f"

    def meddle(method: str, key: str) -> None:
        if method == "PUT" and change == "write":
            with open(file, "r+b") as writer:
                writer.seek(len(content) // 2)
                writer.write(os.urandom(8))
        elif method == "PUT":
            os.truncate(file, os.path.getsize(file) - 1)

    store.before = meddle
    moved = world.save()["/data/f"]
    assert isinstance(moved.error, SourceChanged)
    assert "f" not in store.objects
    assert store.uploads == {}
    store.before = lambda method, key: None
    assert world.save()["/data/f"].outcome is Outcome.DONE
    assert store.objects["f"][0] == file.read_bytes()
