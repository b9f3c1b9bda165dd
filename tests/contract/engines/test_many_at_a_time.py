"""Small objects of S3, many at a time by libcurl: the very bytes of the version asked for, or left to a thread."""

import itertools
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from avio.engines.base import Side
from avio.engines.factory import open_engine
from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.multiget import HOPELESS_FAILURES, MultiGet
from avio.engines.local.buckets.objects import ObjectsBucket
from avio.engines.local.buckets.s3_objects import S3Objects
from avio.engines.local.buckets.s3_place import S3Place, place_of
from avio.engines.local.buckets.store_facts import StoreFacts
from avio.engines.local.transfer.bulk_download import SMALL_BYTES
from avio.engines.local.transfer.thread_side import ThreadSide
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, ObjectsHarness, outcomes
from tests.contract.engines.lying_store import lying_store
from tests.contract.engines.test_other_bytes import World
from tests.servers.seaweed import S3Server

KEYS = ["plain", "dir/in it", "ü/日本", "a+b", "100%", "q?x=1&y", "semi;colon,comma", "quote'\"", "~tilde(1)[2]{3}"]


@pytest.fixture
def world(seaweed_server: S3Server, tmp_path: Path) -> ObjectsHarness:
    """The local engine on a bucket of its own folder."""
    folder = uuid.uuid4().hex
    url = seaweed_server.make_bucket("contract")
    return ObjectsHarness(
        tmp_path, f"{url}/{folder}", seaweed_server.options, seaweed_server.store("contract", folder), 1 << 30
    )


@pytest.fixture
def bucket(world: ObjectsHarness, seaweed_server: S3Server) -> ObjectsBucket:
    """The same bucket, without an engine."""
    options = {name: text for name, text in seaweed_server.options.items() if name != "key_order"}
    return ObjectsBucket(world.settings["mounts"]["/data"]["url"], options, "\0")


@pytest.fixture
def gets() -> Iterator[MultiGet[str]]:
    """A thread's GETs."""
    gets: MultiGet[str] = MultiGet()
    yield gets
    gets.close()


@pytest.fixture
def no_single_get(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have threads fetch nothing."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a thread asked for an object")

    monkeypatch.setattr(S3Objects, "get", refuse)


def fetched(gets: MultiGet[str], place: S3Place | None, *sources: Source) -> dict[str, bytes | None]:
    """Return what comes of fetching all of `sources` at once."""
    assert place is not None
    for source in sources:
        gets.add(place, source, source.key, StoreFacts("s3://b"))
    found: dict[str, bytes | None] = {}
    while gets.live:
        found |= {key: body and body.data for key, body in gets.poll(0.1)}
    return found


def test_every_key_brings_its_own_bytes(world: ObjectsHarness, bucket: ObjectsBucket, gets: MultiGet[str]) -> None:
    contents = {key: os.urandom(1000 + no) for no, key in enumerate(KEYS)}
    for key, content in contents.items():
        world.put_bucket(f"/data/{key}", content)

    assert fetched(gets, bucket.place, *bucket.scan("", ordered=False)) == contents


def test_connections_are_kept_and_used_again(world: ObjectsHarness, bucket: ObjectsBucket, gets: MultiGet[str]) -> None:
    world.put_bucket("/data/empty", b"")
    world.put_bucket("/data/full", b"x" * SMALL_BYTES)
    sources = list(bucket.scan(""))

    for _ in range(3):
        assert {key: len(body or b"") for key, body in fetched(gets, bucket.place, *sources).items()} == {
            "empty": 0,
            "full": SMALL_BYTES,
        }


def test_an_idle_handle_holds_no_bytes(world: ObjectsHarness, bucket: ObjectsBucket, gets: MultiGet[str]) -> None:
    world.put_bucket("/data/x", b"x" * 1000)

    fetched(gets, bucket.place, *bucket.scan(""))

    assert [each._parts for each in gets._idle] == [[]]


def test_another_version_is_not_taken_for_the_one_asked_for(
    world: ObjectsHarness, bucket: ObjectsBucket, gets: MultiGet[str]
) -> None:
    world.put_bucket("/data/a", b"before")
    (source,) = bucket.scan("")
    world.put_bucket("/data/a", b"beyond")

    assert fetched(gets, bucket.place, source) == {"a": None}
    assert fetched(gets, bucket.place, source._replace(etag=None)) == {"a": None}
    assert fetched(gets, bucket.place, source._replace(key="nowhere")) == {"nowhere": None}


def test_what_is_refused_each_time_is_hopeless(
    world: ObjectsHarness, bucket: ObjectsBucket, gets: MultiGet[str]
) -> None:
    world.put_bucket("/data/a", b"secret")
    (source,) = bucket.scan("")
    assert bucket.place is not None
    wrong = bucket.place._replace(secret="not it")

    for _ in range(HOPELESS_FAILURES):
        assert not gets.hopeless
        assert fetched(gets, wrong, source) == {"a": None}
    assert gets.hopeless


@pytest.mark.usefixtures("no_single_get")
def test_a_preload_of_small_objects_needs_no_other_way(world: ObjectsHarness) -> None:
    contents = {f"/data/d{no % 3}/f{no}": os.urandom(500) for no in range(200)}
    for path, content in contents.items():
        world.put_bucket(path, content)

    assert set(outcomes(world.preload("/data")).values()) == {Outcome.DONE}
    assert {path: world.read_cache(path) for path in contents} == contents
    assert world.temporaries() == []


def test_a_preload_goes_on_by_threads_where_the_quick_way_is_closed(
    world: ObjectsHarness, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    contents = {f"/data/f{no}": os.urandom(100) for no in range(6 * HOPELESS_FAILURES)}
    for path, content in contents.items():
        world.put_bucket(path, content)
    closed = S3Place("http://127.0.0.1:1/none", "none", "", "nowhere", "nobody", "nothing")
    monkeypatch.setattr(ObjectsBucket, "place", closed)

    assert set(outcomes(world.preload("/data")).values()) == {Outcome.DONE}
    assert {path: world.read_cache(path) for path in contents} == contents
    told = [text for text in caplog.messages if text.startswith("threads fetch the small objects one by one: ")]
    assert len(told) == 1


def test_large_and_small_objects_are_fetched_side_by_side(world: ObjectsHarness) -> None:
    contents = {f"/data/f{no:02}": os.urandom(SMALL_BYTES + 1 if no % 4 == 0 else 10) for no in range(24)}
    for path, content in contents.items():
        world.put_bucket(path, content)

    assert set(outcomes(world.preload("/data")).values()) == {Outcome.DONE}
    assert {path: world.read_cache(path) for path in contents} == contents


def test_no_entry_is_lost_while_the_threads_take_what_they_were_given(
    world: ObjectsHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = {f"/data/f{no}": os.urandom(10) for no in range(20)}
    for path, content in contents.items():
        world.put_bucket(path, content)
    # Full at one look and no longer at the next, as it is when a thread takes an entry in between.
    looks = itertools.cycle([True, False, False])
    monkeypatch.setattr(ThreadSide, "full", property(lambda _: next(looks)))

    assert set(outcomes(world.preload("/data")).values()) == {Outcome.DONE}
    assert {path: world.read_cache(path) for path in contents} == contents


def test_bytes_are_counted_as_they_cross_the_wire(world: ObjectsHarness) -> None:
    for no in range(5):
        world.put_bucket(f"/data/f{no}", bytes(100))
    run = Attempt()

    world.preload("/data", run=run)

    assert run.bytes == 500


PLAIN = {"region": "here", "access_key_id": "me", "secret_access_key": "mine"}


@pytest.mark.parametrize(
    ("url", "options", "expected"),
    [
        ("s3://b", PLAIN | {"endpoint": "http://h:1/"}, "http://h:1/b/k%20k"),
        ("s3://b/some where", PLAIN | {"aws_endpoint": "http://h:1"}, "http://h:1/b/some%20where/k%20k"),
        ("s3://b", PLAIN, "https://s3.here.amazonaws.com/b/k%20k"),
        ("s3://b", {"access_key_id": "me", "secret_access_key": "mine"}, "https://s3.us-east-1.amazonaws.com/b/k%20k"),
        ("s3://b", {"region": "here", "skip_signature": "true"}, "https://s3.here.amazonaws.com/b/k%20k"),
        ("s3://b", PLAIN | {"virtual_hosted_style_request": "true"}, "https://b.s3.here.amazonaws.com/k%20k"),
    ],
)
def test_keys_or_no_signature_are_enough(url: str, options: dict[str, str], expected: str) -> None:
    place = place_of(url, options)
    assert place is not None
    assert place.url_of("k k") == expected


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("gs://b", PLAIN),
        ("s3://b", {}),
        ("s3://b", {"access_key_id": "me"}),
        ("s3://b", PLAIN | {"skip_signature": "no", "checksum_algorithm": "sha256"}),
    ],
)
def test_whatever_takes_more_is_left_to_obstore(url: str, options: dict[str, str]) -> None:
    assert place_of(url, options) is None


@pytest.mark.parametrize("size", [100, SMALL_BYTES + 1])
def test_what_another_job_has_loaded_since_the_listing_is_in_place(tmp_path: Path, size: int) -> None:
    with lying_store() as store:
        world = World(tmp_path, ("s3://b", store.options), 1 << 30)
        one_tier = {**world.settings, "tiers": world.settings["tiers"][:1]}
        first, second = open_engine(one_tier), open_engine(one_tier)
        for number in range(5):
            store.put(f"{number}", bytes(size))
        entries = list(second.walk("/data", depth=None, side=Side.BUCKET))
        assert {each.outcome for each in first.preload(iter(entries), Params(), Attempt("01OTHER.1"))} == {Outcome.DONE}
        before = store.count("GET")

        moved = list(second.preload(iter(entries), Params(), Attempt()))

        assert [each.outcome for each in moved] == [Outcome.SHARED] * 5
        assert store.count("GET") == before
