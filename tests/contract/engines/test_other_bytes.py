"""What arrives is what the listing said, or the version that is there now, or no file at all."""

import re
from pathlib import Path

import pytest

from avio.engines.base import EntryState, Side
from avio.engines.local.buckets import multiget, object_fetch, s3_handle
from avio.engines.local.buckets.s3_place import place_of
from avio.engines.local.buckets.store_facts import StoreFacts
from avio.engines.local.buckets.versions import make_source
from avio.errors import Damaged
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, FilesHarness, OnDisk
from tests.contract.engines.lying_store import Reply, Store
from tests.contract.engines.test_set_back import edit

SMALL, LARGE = 1000, (1 << 20) + 1000  # bytes: fetched many at a time, and one by one


class World(OnDisk):
    """A local engine on a lying store."""

    def put_bucket(self, path: str, content: bytes) -> None: ...

    def read_bucket(self, path: str) -> bytes | None: ...

    def drop_bucket(self, path: str) -> None: ...


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    return World(tmp_path, ("s3://b", store.options), 1 << 30)


def _half(reply: Reply) -> Reply:
    status, headers, body = reply
    half = body[: len(body) // 2]
    return status, {**headers, "Content-Length": str(len(half))}, half


def _page(reply: Reply) -> Reply:
    return 200, {"Content-Type": "text/html"}, b"<html>log in</html>"


def _page_of_that_size(reply: Reply) -> Reply:
    return 200, {"Content-Type": "text/html"}, b"<".ljust(len(reply[2]), b">")


def _longer(reply: Reply) -> Reply:
    status, headers, body = reply
    return status, {**headers, "Content-Length": str(2 * len(body))}, body * 2


def _other(reply: Reply) -> Reply:
    status, headers, body = reply
    return status, {**headers, "ETag": '"ffff"'}, body[::-1]


def _no_etag(reply: Reply) -> Reply:
    status, headers, body = reply
    return status, {name: text for name, text in headers.items() if name != "ETag"}, body


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_an_object_that_changes_after_its_listing_is_compared_with_a_touched_copy_in_its_present_version(
    world: World, store: Store, size: int
) -> None:
    store.put("f", b"x" * size, '"aa-2"')  # no MD5: the copy's bytes must be compared with those of the object
    world.preload()
    edit(world.tiers[0] / "data/f", b"z")
    listed = list(world.engine.walk("/data", depth=None, side=Side.BUCKET))
    store.put("f", b"y" * (size + 1), '"bb-2"')

    (moved,) = world.engine.preload(listed, Params(), Attempt())

    assert (moved.outcome, moved.tries) == (Outcome.KEPT, 1)
    assert world.read_cache("/data/f") == b"z" + b"x" * (size - 1)


def test_a_touched_copy_of_an_object_that_is_gone_after_its_listing_is_kept(world: World, store: Store) -> None:
    store.put("f", b"x" * SMALL, '"aa-2"')
    world.preload()
    edit(world.tiers[0] / "data/f", b"x")
    listed = list(world.engine.walk("/data", depth=None, side=Side.BUCKET))
    del store.objects["f"]

    (moved,) = world.engine.preload(listed, Params(), Attempt())

    assert (moved.outcome, moved.error) == (Outcome.KEPT, None)
    assert world.read_cache("/data/f") == b"x" * SMALL


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize("lie", [_half, _page, _page_of_that_size, _longer, _other, _no_etag])
def test_a_body_that_is_not_the_listed_object_gets_no_name(world: World, store: Store, lie: object, size: int) -> None:
    store.put("bad", b"x" * size)
    store.put("good", b"y" * size)
    store.lie = lambda method, key, reply: lie(reply) if (method, key) == ("GET", "bad") else reply  # type: ignore[operator]
    moved = world.preload()
    assert moved["/data/bad"].outcome is Outcome.FAILED
    assert "the store sent" in str(moved["/data/bad"].error)
    assert world.read_cache("/data/bad") is None
    assert world.read_cache("/data/good") == b"y" * size
    assert world.temporaries() == []


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_wrong_bytes_of_the_right_length_and_etag_are_taken_only_by_a_job_that_asks_for_sizes_alone(
    world: World, store: Store, size: int
) -> None:
    store.put("f", b"x" * size)
    store.lie = lambda method, key, reply: (*reply[:2], b"y" + reply[2][1:]) if method == "GET" and key else reply
    moved = world.preload()["/data/f"]
    assert (moved.outcome, type(moved.error)) == (Outcome.FAILED, Damaged)
    assert world.read_cache("/data/f") is None

    entries = [moved.entry for moved in world.preload(verify="size").values()]

    assert world.recheck(entries, verify="size")["/data/f"].in_cache
    assert not world.recheck(entries, verify="checksum")["/data/f"].in_cache
    assert world.read_cache("/data/f") is None


def test_a_store_that_says_it_encrypts_may_have_an_etag_of_other_bytes(world: World, store: Store) -> None:
    store.put("f", b"x" * SMALL, etag=f'"{"0" * 32}"')
    encrypts = {"x-amz-server-side-encryption": "aws:kms"}
    store.lie = lambda method, key, reply: (reply[0], reply[1] | encrypts, reply[2])
    entries = [moved.entry for moved in world.preload(verify="checksum").values()]

    assert world.recheck(entries, verify="checksum")["/data/f"].in_cache


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize("now", [b"", b"n" * 10, b"n" * (2 << 20)])
def test_an_object_replaced_after_the_listing_comes_in_its_new_version_and_size(
    world: World, store: Store, size: int, now: bytes
) -> None:
    store.put("f", b"x" * size)

    def replace_it(method: str, key: str) -> None:
        if (method, key) == ("GET", "f"):
            store.put("f", now)

    store.before = replace_it
    moved = world.preload()["/data/f"]
    assert (moved.outcome, moved.bytes, moved.entry.size) == (Outcome.DONE, len(now), len(now))
    assert world.read_cache("/data/f") == now
    assert world.engine.stat("/data/f").state is EntryState.CACHED


def test_a_file_bucket_that_changed_after_the_listing_gives_the_new_size(tmp_path: Path) -> None:
    world = FilesHarness(tmp_path)
    world.put_bucket("/data/f", b"x" * 1000)
    entries = list(world.engine.walk("/data", depth=None, side=Side.BUCKET))
    world.put_bucket("/data/f", b"new")
    (moved,) = world.engine.preload(entries, Params(), Attempt())
    assert (moved.outcome, moved.bytes, moved.entry.size) == (Outcome.DONE, 3, 3)


def _weak(reply: Reply) -> Reply:
    status, headers, body = reply
    return status, {**headers, "ETag": f"W/{headers['ETag']}"} if "ETag" in headers else headers, body


def _bare(reply: Reply) -> Reply:
    status, headers, body = reply
    return status, {**headers, "ETag": headers["ETag"].strip('"')} if "ETag" in headers else headers, body


@pytest.mark.parametrize("size", [SMALL, LARGE, 3 << 20])
@pytest.mark.parametrize("lie", [_weak, _bare, _no_etag])
def test_an_etag_in_another_form_is_the_same_version(
    world: World, store: Store, lie: object, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_fetch, "SEGMENT_BYTES", 2 << 20)
    store.put("f", b"x" * size)
    store.lie = lambda method, key, reply: lie(reply) if key else reply  # type: ignore[operator]
    assert world.preload()["/data/f"].outcome is Outcome.DONE
    gets = store.count("GET f")
    assert world.engine.stat("/data/f").state is EntryState.CACHED
    assert [entry.state for entry in world.engine.list("/data", depth=1, size=9).entries] == [EntryState.CACHED]
    assert world.preload()["/data/f"].outcome is Outcome.SKIPPED
    assert store.count("GET f") == gets


def _listed_otherwise(method: str, key: str, reply: Reply) -> Reply:
    status, headers, body = reply
    return (status, headers, re.sub(rb'(<ETag>"?)', rb"\1other-", body)) if not key else reply


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_store_that_lists_another_etag_than_it_sends_settles_by_one_preload(
    world: World, store: Store, size: int
) -> None:
    store.put("f", b"x" * size)
    store.lie = _listed_otherwise
    moved = world.preload()["/data/f"]
    assert moved.outcome is Outcome.DONE
    assert world.recheck([moved.entry])["/data/f"].state is EntryState.CACHED
    gets = store.count("GET f")

    assert world.preload()["/data/f"].outcome is Outcome.SKIPPED
    assert store.count("GET f") == gets
    assert world.engine.stat("/data/f").state is EntryState.CACHED
    assert [entry.state for entry in world.engine.list("/data", depth=1, size=9).entries] == [EntryState.CACHED]
    assert world.save()["/data/f"].outcome is Outcome.SKIPPED

    store.put("f", b"y" * size)
    assert world.preload()["/data/f"].outcome is Outcome.DONE
    assert world.read_cache("/data/f") == b"y" * size
    assert world.engine.free("/data/f", recursive=False).files == 1


def test_an_object_that_changes_within_a_second_has_no_second_etag(world: World, store: Store) -> None:
    store.put("f", b"x" * SMALL)
    (entry,) = world.engine.walk("/data", depth=None, side=Side.BUCKET)
    old = store.objects["f"]
    store.put("f", b"y" * SMALL)
    store.objects["f"] = (*store.objects["f"][:2], old[2])
    (moved,) = world.engine.preload([entry], Params(), Attempt())
    assert moved.outcome is Outcome.DONE
    assert world.read_cache("/data/f") == b"y" * SMALL

    store.objects["f"] = old
    assert world.engine.stat("/data/f").state is EntryState.STALE


def test_a_store_without_etags_is_listed_and_asked_alike(world: World, store: Store) -> None:
    store.put("f", b"x" * SMALL, "")
    assert world.preload()["/data/f"].outcome is Outcome.DONE
    assert world.engine.stat("/data/f").state is EntryState.CACHED
    assert world.preload()["/data/f"].outcome is Outcome.SKIPPED


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_line_that_drops_each_reply_midway_still_brings_the_object(world: World, store: Store, size: int) -> None:
    store.put("f", bytes(range(256)) * (size // 256))
    whole = store.objects["f"][0]

    def torn(method: str, key: str, reply: Reply) -> Reply:
        status, headers, body = reply
        return (status, headers, body[: max(300_000, SMALL // 2)]) if (method, key) == ("GET", "f") else reply

    store.lie = torn
    assert world.preload()["/data/f"].outcome is Outcome.DONE
    assert world.read_cache("/data/f") == whole


def test_an_object_that_grew_is_not_taken_into_memory(store: Store) -> None:
    store.put("f", b"x" * 10)
    place = place_of("s3://b", store.options)
    assert place is not None
    gets: multiget.MultiGet[str] = multiget.MultiGet()
    source = make_source("f", 10, 0, store.objects["f"][1])
    store.put("f", b"x" * (64 << 20))
    gets.add(place, source, "f", StoreFacts("s3://b"))
    ended: list[tuple[str, bytes | None]] = []
    while not ended:
        ended = gets.poll(0.1)
    assert ended == [("f", None)]
    assert gets.failure
    gets.close()


@pytest.mark.parametrize("size", [600_000, 3_000_000])
def test_a_slow_line_ends_when_silence_is_the_only_limit(
    world: World, store: Store, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_handle, "SILENCE_SECONDS", 2)
    store.put("f", b"x" * size)
    store.slow = size // 4  # four seconds
    moved = world.preload()["/data/f"]
    assert (moved.outcome, moved.tries) == (Outcome.DONE, 1)
    assert store.count("GET f") == 1
