"""A store whose ETags look like MD5s and are none: files fail, the cure names the mount's option, and that mends it."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines.base import EntryState
from avio.engines.content import Content
from avio.engines.factory import open_engine
from avio.engines.local.buckets import object_fetch, ranged_fetch
from avio.errors import Damaged
from avio.wire.results import Outcome
from tests.contract.engines.harness import settings
from tests.contract.engines.lying_store import Reply, Store, lying_store
from tests.contract.engines.test_other_bytes import World
from tests.contract.engines.test_right_bytes import LARGE, MIDDLE, SMALL, content
from tests.contract.engines.test_set_back import edit
from tests.unit.engines.local.test_qetag import qetag


def not_md5(data: bytes) -> str:
    """Return an ETag of 32 hexadecimal digits."""
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


@pytest.fixture
def store() -> Iterator[Store]:
    """A store that gives such ETags to what is put there."""
    with lying_store() as store:
        put = store.put
        store.put = lambda key, body, etag=None: put(key, body, not_md5(body))  # type: ignore[method-assign]
        yield store


def world_of(store: Store, directory: Path, monkeypatch: pytest.MonkeyPatch, **options: str) -> World:
    monkeypatch.setattr(object_fetch, "SEGMENT_BYTES", 2 << 20)
    monkeypatch.setattr(object_fetch, "LARGE_BYTES", 2 << 20)
    monkeypatch.setattr(ranged_fetch, "RANGE_BYTES", 1 << 19)
    return World(directory, ("s3://b", {**store.options, **options}), 1 << 30)


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
def test_such_a_file_fails_and_its_cure_names_the_option(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    store.put("f", content(size))
    moved = world_of(store, tmp_path, monkeypatch, etag="md5").preload()["/data/f"]
    assert isinstance(moved.error, Damaged)
    assert moved.error.reason == "CORRUPT"
    assert not_md5(content(size)) in str(moved.error)
    assert "if all files of the bucket fail so" in moved.error.cure
    assert "set the option etag of its mount to opaque" in moved.error.cure


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
def test_with_the_option_it_is_loaded_found_and_read_back(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    store.put("f", content(size))
    world = world_of(store, tmp_path, monkeypatch, etag="opaque")
    moved = world.preload(verify="checksum")["/data/f"]
    assert (moved.outcome, moved.content) == (Outcome.DONE, Content.UNPROVED)
    assert world.recheck([moved.entry], verify="checksum")["/data/f"].in_cache
    assert world.preload()["/data/f"].outcome is Outcome.SKIPPED
    assert world.engine.stat("/data/f").state is EntryState.CACHED


def test_other_bytes_in_the_copy_are_found_by_reading_the_object_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("f", content(SMALL))
    world = world_of(store, tmp_path, monkeypatch, etag="opaque")
    flips = [True]

    def flip_once(method: str, key: str, reply: Reply) -> Reply:
        status, headers, body = reply
        if (method, key) != ("GET", "f") or not flips:
            return reply
        flips.pop()
        return status, headers, b"x" + body[1:]

    store.lie = flip_once
    moved = world.preload(verify="checksum")["/data/f"]
    assert moved.content is Content.UNPROVED
    assert not world.recheck([moved.entry], verify="checksum")["/data/f"].in_cache


@pytest.mark.parametrize("size", [SMALL, 9 << 20])
def test_files_are_saved_and_known_to_be_saved(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    world = world_of(store, tmp_path, monkeypatch, etag="opaque")
    for number in range(5):
        world.put_cache(f"/data/f{number}", content(size))
    moved = world.save()
    assert {each.outcome for each in moved.values()} == {Outcome.DONE}
    assert {store.objects[f"f{number}"][0] for number in range(5)} == {content(size)}
    assert {each.outcome for each in world.save().values()} == {Outcome.SKIPPED}
    edit(world.tiers[0] / "data/f0", b"new")
    assert world.save("/data/f0")["/data/f0"].outcome is Outcome.DONE


@pytest.mark.parametrize(
    ("url", "value", "said"),
    [
        ("s3://bucket", "sha1", r"mounts./data.options.etag: 'sha1' is not a kind of ETag; use md5 or opaque"),
        ("file:///tmp", "opaque", r"mounts./data.options: a file:// bucket has no option etag; remove it"),
    ],
)
def test_a_wrong_option_is_named(url: str, value: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=said):
        open_engine(settings({"/data": (url, {"etag": value})}, tmp_path))


def test_a_job_says_what_is_weaker_with_it(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_of(store, tmp_path, monkeypatch, etag="opaque")
    world.put_cache("/data/f", b"x")
    world.save()
    assert "s3://b shows no MD5 of uploaded bytes" in world.engine.remarks()


def test_a_kodo_etag_proves_each_way_of_fetching(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with lying_store() as store:
        for size in (SMALL, MIDDLE, LARGE, 9 << 20):
            store.put(f"f{size}", content(size), qetag(content(size)))
        world = world_of(store, tmp_path, monkeypatch)
        assert {each.content for each in world.preload().values()} == {Content.PROVED}
