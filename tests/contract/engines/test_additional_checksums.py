"""Where the ETag says nothing, the checksum that the store has of an object proves its bytes.

Stores that do not know checksums, or refuse to be asked for them, serve as before.
"""

import zlib
from base64 import b64encode
from pathlib import Path

import pytest

from avio.engines.base import EntryState
from avio.engines.content import Content
from avio.engines.local.buckets import digests, object_fetch, ranged_fetch
from avio.engines.local.buckets.multiget import HOPELESS_FAILURES
from avio.engines.local.buckets.s3_objects import S3Objects
from avio.engines.local.buckets.store_facts import CHECKSUM_REFUSALS, HEADS_IN_VAIN
from avio.errors import Damaged
from avio.wire.results import Outcome
from tests.contract.engines.lying_store import Reply, Store
from tests.contract.engines.test_other_bytes import World
from tests.contract.engines.test_right_bytes import LARGE, MIDDLE, SMALL, Flips, content
from tests.contract.engines.test_set_back import edit

# One by libcurl, one by a thread in one GET, in two GETs, and in ranges that come at once.
HUGE = LARGE + (1 << 20)
SIZES = [SMALL, MIDDLE, LARGE, HUGE]
OPAQUE = '"no-digest"'


@pytest.fixture
def world(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(object_fetch, "SEGMENT_BYTES", 2 << 20)
    monkeypatch.setattr(object_fetch, "LARGE_BYTES", HUGE)
    monkeypatch.setattr(ranged_fetch, "RANGE_BYTES", 1 << 19)
    return World(tmp_path, ("s3://b", store.options), 1 << 30)


def crc(data: bytes) -> dict[str, str]:
    """Return the headers that tell a checksum."""
    return {"x-amz-checksum-crc32": b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()}


def put(store: Store, key: str, size: int, etag: str | None = OPAQUE) -> None:
    """Store an object with a checksum."""
    store.put(key, content(size), etag)
    store.checksums[key] = crc(content(size))


@pytest.mark.parametrize("size", SIZES)
def test_bytes_of_an_opaque_etag_are_proved(world: World, store: Store, size: int) -> None:
    put(store, "f", size)
    moved = world.preload()["/data/f"]
    assert (moved.outcome, moved.content) == (Outcome.DONE, Content.PROVED)
    assert world.read_cache("/data/f") == content(size)
    assert store.asked == [f"{'HEAD' if size > MIDDLE else 'GET'} f"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("times", "outcome"), [(1, Outcome.DONE), (99, Outcome.FAILED)])
def test_a_flipped_bit_is_found(world: World, store: Store, size: int, times: int, outcome: Outcome) -> None:
    put(store, "f", size)
    Flips(store, "f", times)
    moved = world.preload()["/data/f"]
    assert moved.outcome is outcome
    if outcome is Outcome.DONE:
        assert moved.content is Content.REPAIRED
        assert world.read_cache("/data/f") == content(size)
    else:
        assert isinstance(moved.error, Damaged)
        assert "its checksum crc32" in str(moved.error)
        assert "etag" not in moved.error.cure
        assert (world.read_cache("/data/f"), world.temporaries()) == (None, [])


@pytest.mark.parametrize("size", SIZES)
def test_an_encrypted_object_is_proved_by_its_checksum(world: World, store: Store, size: int) -> None:
    put(store, "f", size, f'"{"0" * 32}"')
    says = {"x-amz-server-side-encryption": "aws:kms"}
    store.lie = lambda method, key, reply: (reply[0], {**reply[1], **says}, reply[2]) if key else reply
    assert world.preload()["/data/f"].content is Content.PROVED


@pytest.mark.parametrize("size", SIZES)
def test_a_checksum_is_compared_in_place_of_the_md5(world: World, store: Store, size: int) -> None:
    put(store, "f", size, None)
    store.checksums["f"] = crc(b"other")
    moved = world.preload()["/data/f"]
    assert moved.outcome is Outcome.FAILED
    assert "its checksum crc32" in str(moved.error)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "headers", [{"x-amz-checksum-crc32": f"{crc(b'')['x-amz-checksum-crc32']}-3"}, {"x-amz-checksum-md9": "AAAA"}, {}]
)
def test_the_checksum_of_parts_and_an_unknown_one_prove_and_refute_nothing(
    world: World, store: Store, size: int, headers: dict[str, str]
) -> None:
    put(store, "f", size)
    store.checksums["f"] = headers
    moved = world.preload()["/data/f"]
    assert (moved.outcome, moved.content) == (Outcome.DONE, Content.UNPROVED)


def in_parts(store: Store, key: str, data: bytes, part_bytes: int) -> None:
    """Have the store tell the checksum of the checksums of the parts of an object."""
    parts = [zlib.crc32(data[at : at + part_bytes]).to_bytes(4, "big") for at in range(0, len(data), part_bytes)]
    told = crc(b"".join(parts))["x-amz-checksum-crc32"]
    store.checksums[key] = {"x-amz-checksum-crc32": f"{told}-{len(parts)}", "x-amz-checksum-type": "COMPOSITE"}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("etag", [OPAQUE, f'"{"0" * 32}-3"'])
@pytest.mark.parametrize("flipped", [False, True])
def test_the_checksum_of_parts_proves_an_object_without_one_more_request(
    world: World, store: Store, monkeypatch: pytest.MonkeyPatch, size: int, etag: str, flipped: bool
) -> None:
    monkeypatch.setattr(digests, "USUAL_PARTS", (size // 3 + 1,))
    data = content(size)
    store.put("f", data, etag)
    in_parts(store, "f", data, size // 3 + 1)
    says = {"x-amz-server-side-encryption": "aws:kms"}
    store.lie = lambda method, key, reply: (reply[0], {**reply[1], **says}, reply[2]) if key else reply
    if flipped:
        store.objects["f"] = (b"x" + data[1:], *store.objects["f"][1:])
    moved = world.preload()["/data/f"]
    assert (moved.outcome, moved.content) == (Outcome.DONE, Content.UNPROVED if flipped else Content.PROVED)
    assert store.asked == [f"{'HEAD' if size > MIDDLE else 'GET'} f"]


@pytest.mark.parametrize("size", SIZES)
def test_an_md5_counts_more_than_the_checksum_of_parts(world: World, store: Store, size: int) -> None:
    store.put("f", content(size))
    in_parts(store, "f", b"other", 5)
    Flips(store, "f", 99)
    assert isinstance(world.preload()["/data/f"].error, Damaged)


def test_a_copy_is_compared_with_the_checksum_of_parts(world: World, store: Store) -> None:
    store.put("f", content(MIDDLE), OPAQUE)
    in_parts(store, "f", content(MIDDLE), len(content(MIDDLE)))
    moved = world.preload(verify="checksum")["/data/f"]
    gets = store.count("GET f")
    assert world.recheck([moved.entry], verify="checksum")["/data/f"].in_cache
    assert store.count("GET f") == gets


@pytest.mark.parametrize("size", [LARGE, HUGE])
def test_the_checksum_in_the_reply_to_a_range_is_not_that_of_the_object(world: World, store: Store, size: int) -> None:
    put(store, "f", size)
    store.checksums["f"] = {}

    def tells_of_the_range(method: str, key: str, reply: Reply) -> Reply:
        status, headers, body = reply
        return (status, {**headers, **crc(body)}, body) if (method, status) == ("GET", 206) else reply

    store.lie = tells_of_the_range
    moved = world.preload()["/data/f"]
    assert (moved.outcome, moved.content) == (Outcome.DONE, Content.UNPROVED)


@pytest.mark.parametrize("size", [LARGE, HUGE])
def test_a_store_that_never_tells_one_is_soon_asked_no_more_for_objects_with_an_md5(
    world: World, store: Store, size: int
) -> None:
    for number in range(HEADS_IN_VAIN + 3):
        store.put(f"f{number}", content(size))
        assert world.preload(f"/data/f{number}")[f"/data/f{number}"].content is Content.PROVED
    assert len(store.asked) == HEADS_IN_VAIN

    store.put("g", content(size), OPAQUE)
    assert world.preload("/data/g")["/data/g"].content is Content.UNPROVED
    assert len(store.asked) == HEADS_IN_VAIN + 1


@pytest.mark.parametrize("size", SIZES)
def test_a_store_that_refuses_to_be_asked_serves_all_the_same(world: World, store: Store, size: int) -> None:
    store.knows_asking = False
    many = 2 * HOPELESS_FAILURES
    for number in range(many):
        store.put(f"f{number}", content(size))

    moved = world.preload()

    assert {each.content for each in moved.values()} == {Content.PROVED}
    assert {each.tries for each in moved.values()} == {1}
    refused = len(store.asked)
    assert 0 < refused <= many
    store.put("g", content(size))
    assert world.preload("/data/g")["/data/g"].outcome is Outcome.DONE
    assert len(store.asked) == refused


def test_many_small_objects_need_no_thread_where_asking_is_refused(
    world: World, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> bool:
        raise AssertionError("a thread asked for an object")

    monkeypatch.setattr(S3Objects, "get", refuse)
    store.knows_asking = False
    for number in range(2 * HOPELESS_FAILURES):
        store.put(f"f{number}", content(SMALL))
    assert {each.content for each in world.preload().values()} == {Content.PROVED}


@pytest.mark.parametrize("size", [LARGE, HUGE])
def test_the_checksum_of_another_version_proves_and_refutes_nothing(world: World, store: Store, size: int) -> None:
    put(store, "f", size)
    other = {"ETag": '"other"', **crc(b"other")}
    store.lie = lambda method, key, reply: (reply[0], {**reply[1], **other}, b"") if method == "HEAD" else reply
    moved = world.preload()["/data/f"]
    assert (moved.outcome, moved.content) == (Outcome.DONE, Content.UNPROVED)


def test_an_object_that_is_refused_in_any_case_tells_nothing_of_the_store(world: World, store: Store) -> None:
    put(store, "good", SMALL)
    put(store, "bad", SMALL)
    refusal = (400, {}, b"<Error><Code>InvalidRequest</Code></Error>")
    store.before = lambda method, key: refusal if (method, key) == ("GET", "bad") else None
    world.preload("/data/bad")
    assert world.preload("/data/good")["/data/good"].content is Content.PROVED


@pytest.mark.parametrize("size", SIZES)
def test_refusals_that_pass_at_the_second_try_leave_checksums_on(world: World, store: Store, size: int) -> None:
    """A refusal may come from anything on the way: several in a row tell of the store, others do not."""
    refusal = (400, {}, b"<Error><Code>InvalidRequest</Code></Error>")
    refused: set[str] = set()

    def lie(method: str, key: str, reply: Reply) -> Reply:
        asks = f"{method} {key}" in store.asked[-1:]
        if not (asks and key.startswith("bad")) or key in refused:
            return reply
        refused.add(key)
        return refusal

    store.lie = lie
    for number in range(2 * CHECKSUM_REFUSALS):
        put(store, f"bad{number}", size)
        put(store, f"good{number}", size)
        assert world.preload(f"/data/bad{number}")[f"/data/bad{number}"].outcome is Outcome.DONE
        assert world.preload(f"/data/good{number}")[f"/data/good{number}"].content is Content.PROVED
    assert len(refused) == 2 * CHECKSUM_REFUSALS


def test_a_job_that_asks_for_sizes_alone_asks_for_no_checksums_of_many_or_large_objects(
    world: World, store: Store
) -> None:
    for size in (SMALL, LARGE, HUGE):
        put(store, f"f{size}", size)
    assert {each.content for each in world.preload(verify="size").values()} == {Content.UNKNOWN}
    assert store.asked == []


@pytest.mark.parametrize("size", SIZES)
def test_an_object_that_changes_after_its_listing_is_proved_by_its_own_checksum(
    world: World, store: Store, size: int
) -> None:
    put(store, "f", size)

    def replace_it(method: str, key: str) -> None:
        if key == "f" and store.objects["f"][1] == OPAQUE:
            store.put("f", b"new" * size, '"other"')
            store.checksums["f"] = crc(b"new" * size)

    store.before = replace_it
    moved = world.preload()["/data/f"]
    assert (moved.outcome, moved.content) == (Outcome.DONE, Content.PROVED)
    assert world.read_cache("/data/f") == b"new" * size


def test_a_broken_line_goes_on_where_it_was_and_is_proved(world: World, store: Store) -> None:
    put(store, "f", MIDDLE)

    def torn(method: str, key: str, reply: Reply) -> Reply:
        status, headers, body = reply
        return (status, headers, body[:300_000]) if (method, key) == ("GET", "f") else reply

    store.lie = torn
    moved = world.preload()["/data/f"]
    assert (moved.outcome, moved.content) == (Outcome.DONE, Content.PROVED)
    assert world.read_cache("/data/f") == content(MIDDLE)


def test_a_copy_is_read_back_and_compared_with_the_checksum_not_with_a_second_download(
    world: World, store: Store
) -> None:
    put(store, "f", MIDDLE)
    moved = world.preload(verify="checksum")["/data/f"]
    gets = store.count("GET f")
    assert world.recheck([moved.entry], verify="checksum")["/data/f"].in_cache
    assert store.count("GET f") == gets


def test_a_touched_copy_is_known_by_the_checksum(world: World, store: Store) -> None:
    put(store, "f", MIDDLE)
    world.preload()
    gets = store.count("GET f")
    edit(world.tiers[0] / "data/f", content(MIDDLE)[:1])
    assert world.preload()["/data/f"].outcome is Outcome.SKIPPED
    assert world.engine.stat("/data/f").state is EntryState.CACHED
    assert store.count("GET f") == gets
