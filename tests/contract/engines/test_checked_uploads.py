"""A store refuses an upload that was damaged on the way; one that takes no MD5 with it is looked at more closely."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines.base import EntryState
from avio.engines.local.buckets import multipart
from avio.wire.results import Outcome
from tests.contract.engines.harness import outcomes
from tests.contract.engines.lying_store import Store, error, lying_store
from tests.contract.engines.test_many_puts import put_many, put_old
from tests.contract.engines.test_other_bytes import World

SMALL, MIDDLE, LARGE = 1000, 2 << 20, 20 << 20  # many at a time, by a thread, in parts


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(multipart, "PART_PAUSES_SECONDS", (0.01,) * 3)
    with lying_store() as store:
        yield store


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    return World(tmp_path, ("s3://b", store.options), 1 << 30)


def damage_once(store: Store, key: str) -> None:
    """Flip a bit of the next upload of `key` or of a part of it."""
    left = [1]

    def damaged(there: str, body: bytes) -> bytes:
        if there != key or not left or not body:
            return body
        left.pop()
        return bytes([body[0] ^ 1]) + body[1:]

    store.damage = damaged


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
def test_bytes_that_are_damaged_on_the_way_are_refused_and_sent_again(world: World, store: Store, size: int) -> None:
    put_many(world, 10)
    world.save()
    put_old(world, "/data/f", b"x" * size)
    damage_once(store, "f")
    assert outcomes(world.save())["/data/f"] is Outcome.DONE
    assert store.objects["f"][0] == b"x" * size


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
@pytest.mark.parametrize("conditions", [True, False])
def test_a_store_that_takes_no_md5_gets_none_and_the_job_says_so(
    world: World, store: Store, size: int, conditions: bool
) -> None:
    store.takes_md5, store.conditions = False, conditions
    paths = put_many(world, 30)
    put_old(world, "/data/f", b"x" * size)

    assert outcomes(world.save()) == dict.fromkeys([*paths, "/data/f"], Outcome.DONE)

    assert store.objects["f"][0] == b"x" * size
    assert {path: store.objects[path.removeprefix("/data/")][0] for path in paths} == {p: p.encode() for p in paths}
    assert "s3://b takes no MD5 with an upload" in world.engine.remarks()
    assert {world.engine.stat(path).state for path in ("/data/f", *paths[:2])} == {EntryState.CACHED}
    store.requests.clear()
    put_many(world, 40, "more")
    assert set(outcomes(world.save("/data/more")).values()) == {Outcome.DONE}
    assert store.count("PUT") == 40


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
def test_bytes_that_such_a_store_has_wrong_do_not_count_as_saved(world: World, store: Store, size: int) -> None:
    store.takes_md5 = False
    put_many(world, 10)
    world.save()
    put_old(world, "/data/f", b"x" * size)
    damage_once(store, "f")
    moved = world.save()["/data/f"]
    assert store.objects["f"][0] != b"x" * size
    assert moved.outcome is Outcome.FAILED
    assert moved.error is not None
    assert moved.error.reason in ("CORRUPT", "SAVE_CONFLICT")
    assert world.engine.stat("/data/f").state in (EntryState.DIRTY, EntryState.CONFLICT)


def test_an_upload_that_is_refused_in_any_case_tells_nothing_of_the_md5(world: World, store: Store) -> None:
    from_before = store.before
    store.before = lambda method, key: (
        (400, {}, b"<Error><Code>InvalidRequest</Code></Error>") if (method, key) == ("PUT", "f") else None
    )
    put_old(world, "/data/f", b"x")
    assert world.save()["/data/f"].outcome is Outcome.FAILED
    store.before = from_before
    assert world.engine.remarks() == []
    assert world.save()["/data/f"].outcome is Outcome.DONE


@pytest.mark.parametrize("code", ["RequestTimeout", "IncompleteBody"])
@pytest.mark.parametrize("size", [MIDDLE, LARGE])
def test_a_refusal_that_passes_is_none_of_the_md5(world: World, store: Store, size: int, code: str) -> None:
    put_many(world, 10)
    world.save()
    put_old(world, "/data/f", b"x" * size)
    once = [error(400, code, "The body came too slowly, or not whole.")]
    store.before = lambda method, key: once.pop() if once and (method, key) == ("PUT", "f") else None

    assert outcomes(world.save())["/data/f"] is Outcome.DONE

    damage_once(store, "g")
    put_old(world, "/data/g", b"y" * size)
    refused = store.count("PUT")
    assert outcomes(world.save())["/data/g"] is Outcome.DONE
    assert store.objects["g"][0] == b"y" * size
    assert store.count("PUT") > refused + 1  # the damaged bytes were refused by their MD5
