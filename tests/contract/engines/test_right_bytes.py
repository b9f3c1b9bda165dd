"""The bytes that come are those of the object's ETag; others are fetched once more, and get no name if they come twice.

The store lies on purpose: it flips a bit on the way, or says that it encrypts.
"""

import hashlib
from pathlib import Path

import pytest

from avio.engines.content import Content
from avio.engines.local.buckets import object_fetch, objects, ranged_fetch
from avio.errors import Damaged
from avio.wire.results import Outcome
from tests.contract.engines.lying_store import Reply, Store
from tests.contract.engines.test_other_bytes import World

SMALL, MIDDLE, LARGE = 1000, (1 << 20) + 1000, (3 << 20) + 5  # many at a time, one by one, in segments or ranges


@pytest.fixture
def world(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(object_fetch, "SEGMENT_BYTES", 1 << 20)
    return World(tmp_path, ("s3://b", store.options), 1 << 30)


class Flips:
    """Flips a bit of the first GETs of an object."""

    def __init__(self, store: Store, key: str, times: int) -> None:
        self.key, self.left = key, times
        store.lie = self.lie

    def lie(self, method: str, key: str, reply: Reply) -> Reply:
        if (method, key) != ("GET", self.key) or not self.left:
            return reply
        self.left -= 1
        status, headers, body = reply
        return status, headers, bytes([body[0] ^ 1]) + body[1:]


def content(size: int) -> bytes:
    return b"%08d" % size * (size // 8 + 1)


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
def test_bytes_of_an_md5_are_proved(world: World, store: Store, size: int) -> None:
    store.put("f", content(size))
    assert world.preload()["/data/f"].content is Content.PROVED
    assert store.count("GET f") <= 4


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
def test_one_flipped_bit_costs_one_more_fetch(world: World, store: Store, size: int) -> None:
    store.put("f", content(size))
    store.put("g", content(size))
    Flips(store, "f", 1)

    moved = world.preload()

    assert (moved["/data/f"].outcome, moved["/data/f"].content) == (Outcome.DONE, Content.REPAIRED)
    assert moved["/data/g"].content is Content.PROVED
    assert world.read_cache("/data/f") == store.objects["f"][0]
    assert store.count("GET f") == 2 * store.count("GET g")
    assert world.recheck([moved["/data/f"].entry])["/data/f"].in_cache


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
def test_a_bit_that_is_flipped_twice_fails_that_file_alone(world: World, store: Store, size: int) -> None:
    store.put("f", content(size))
    store.put("g", content(size))
    Flips(store, "f", 99)

    moved = world.preload()

    assert moved["/data/f"].outcome is Outcome.FAILED
    assert isinstance(moved["/data/f"].error, Damaged)
    assert moved["/data/f"].error.reason == "CORRUPT"
    assert moved["/data/g"].outcome is Outcome.DONE
    assert (world.read_cache("/data/f"), world.temporaries()) == (None, [])
    assert store.count("GET f") == 2 * store.count("GET g")


def test_a_flipped_bit_leaves_the_copy_that_is_there(world: World, store: Store) -> None:
    store.put("f", b"old")
    world.preload()
    store.put("f", content(SMALL))
    Flips(store, "f", 99)

    assert world.preload()["/data/f"].outcome is Outcome.FAILED
    assert world.read_cache("/data/f") == b"old"


def test_a_job_that_asks_for_sizes_alone_compares_nothing(world: World, store: Store) -> None:
    store.put("f", content(SMALL))
    Flips(store, "f", 1)
    moved = world.preload(verify="size")["/data/f"]
    assert (moved.outcome, moved.content) == (Outcome.DONE, Content.UNKNOWN)


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
@pytest.mark.parametrize("etag", ['"no-digest"', f'"{"0" * 32}-1"', f'"{"0" * 32}-9999"', f'"{"A" * 32}"'])
def test_an_etag_that_is_no_digest_proves_and_refutes_nothing(world: World, store: Store, size: int, etag: str) -> None:
    store.put("f", content(size), etag)
    moved = world.preload()["/data/f"]
    assert (moved.outcome, moved.content) == (Outcome.DONE, Content.UNPROVED)
    assert world.read_cache("/data/f") == content(size)


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
@pytest.mark.parametrize("header", ["x-amz-server-side-encryption", "x-amz-server-side-encryption-customer-algorithm"])
def test_an_object_that_is_encrypted_is_unproved(world: World, store: Store, size: int, header: str) -> None:
    store.put("f", content(size), f'"{"0" * 32}"')
    says = {header: "aws:kms" if header.endswith("encryption") else "AES256"}
    store.lie = lambda method, key, reply: (reply[0], {**reply[1], **says}, reply[2]) if key else reply
    moved = world.preload()["/data/f"]
    assert (moved.outcome, moved.content) == (Outcome.DONE, Content.UNPROVED)


def test_an_object_in_parts_of_a_usual_size_is_proved(world: World, store: Store) -> None:
    data = content(6 << 20)
    parts = [data[: 5 << 20], data[5 << 20 :]]
    store.put("f", data, f'"{hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()}-2"')
    assert world.preload()["/data/f"].content is Content.PROVED


class TestRanges:
    """A large object that comes in ranges, several at a time."""

    @pytest.fixture(autouse=True)
    def small_ranges(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(object_fetch, "LARGE_BYTES", 2 << 20)
        monkeypatch.setattr(ranged_fetch, "RANGE_BYTES", 1 << 19)

    def test_they_are_proved(self, world: World, store: Store) -> None:
        store.put("f", content(LARGE))
        assert world.preload()["/data/f"].content is Content.PROVED
        assert world.read_cache("/data/f") == content(LARGE)

    @pytest.mark.parametrize(("times", "outcome"), [(1, Outcome.DONE), (99, Outcome.FAILED)])
    def test_a_flipped_bit_is_found(self, world: World, store: Store, times: int, outcome: Outcome) -> None:
        store.put("f", content(LARGE))
        Flips(store, "f", times)
        moved = world.preload()["/data/f"]
        assert moved.outcome is outcome
        if outcome is Outcome.DONE:
            assert moved.content is Content.REPAIRED
            assert world.read_cache("/data/f") == content(LARGE)
        else:
            assert (world.read_cache("/data/f"), world.temporaries()) == (None, [])


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
def test_stores_that_obstore_opens_hide_whether_they_encrypt(
    store: Store, tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "place_of", lambda url, options: None)
    world = World(tmp_path, ("s3://b", store.options), 1 << 30)
    store.put("f", content(size))
    moved = world.preload()["/data/f"]
    assert (moved.outcome, moved.content) == (Outcome.DONE, Content.UNPROVED)
    assert world.read_cache("/data/f") == content(size)
