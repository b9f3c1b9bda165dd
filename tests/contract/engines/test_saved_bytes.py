"""A save is believed only if the store has the very bytes, and the saved file outlives every doubt about them."""

import os
from pathlib import Path

import pytest

from avio.engines.base import EntryState, Side
from avio.engines.local.buckets import object_put
from avio.errors import Corrupt, NotSaved
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt
from tests.contract.engines.lying_store import Reply, Store, error
from tests.contract.engines.test_other_bytes import World

SMALL, LARGE = 1000, 3 << 20
SIZES = pytest.mark.parametrize("size", [SMALL, LARGE])


@pytest.fixture
def world(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(object_put, "PART_BYTES", 1 << 20)
    return World(tmp_path, ("s3://b", store.options), 1 << 30)


def damage(store: Store, key: str) -> None:
    """Change a byte of an object; its ETag stays."""
    body, etag, modified = store.objects[key]
    store.objects[key] = (bytes([body[0] ^ 1]) + body[1:], etag, modified)


@SIZES
def test_a_saved_file_whose_object_is_damaged_stays_and_is_in_conflict(world: World, store: Store, size: int) -> None:
    content, put = os.urandom(size), store.put
    store.put = lambda key, body, etag=None: put(key, body, '"no-digest"')  # type: ignore[method-assign]
    world.put_cache("/data/f", content)
    entries = list(world.engine.walk("/data", depth=None, side=Side.SAVE))
    world.save()
    damage(store, "f")

    (checked,) = world.engine.recheck(entries, Params(verify="checksum"), Attempt(), original=True)

    assert checked.state is EntryState.CONFLICT
    assert world.engine.stat("/data/f").state is EntryState.CONFLICT
    assert isinstance(world.save()["/data/f"].error, NotSaved)
    assert world.read_cache("/data/f") == content


def test_a_check_that_gets_another_body_is_no_proof_of_damage(world: World, store: Store) -> None:
    store.put("f", b"x" * SMALL, '"no-digest"')
    entries = [moved.entry for moved in world.preload().values()]
    store.lie = lambda method, key, reply: (
        (200, {"Content-Type": "text/html"}, b"<html>") if method == "GET" and key else reply
    )
    with pytest.raises(Corrupt):
        list(world.engine.recheck(entries, Params(verify="checksum"), Attempt()))
    assert world.read_cache("/data/f") == b"x" * SMALL


@SIZES
@pytest.mark.parametrize("etag", [True, False])
def test_an_upload_that_was_answered_and_not_done_over_an_object_is_no_save(
    world: World, store: Store, size: int, etag: bool
) -> None:
    store.put("f", b"o" * size)
    world.preload()
    world.put_cache("/data/f", b"n" * size)

    def ignore(method: str, key: str) -> Reply | None:
        begun_or_part = any(word in store.requests[-1] for word in ("uploads=", "partNumber="))
        if method not in ("PUT", "POST") or begun_or_part:
            return None
        return 200, {"ETag": '"%s"' % ("0" * 32)} if etag and method == "PUT" else {}, b"<html>ok</html>"

    store.before = ignore
    moved = world.save()["/data/f"]

    assert isinstance(moved.error, Corrupt)
    assert store.objects["f"][0] == b"o" * size
    assert world.engine.stat("/data/f").state is EntryState.DIRTY


@SIZES
def test_an_upload_that_was_answered_well_and_stored_as_other_bytes_is_no_save(
    world: World, store: Store, size: int
) -> None:
    def damaged(method: str, key: str, reply: Reply) -> Reply:
        if method in ("PUT", "POST") and "f" in store.objects:
            store.put("f", b"z" * size)
        return reply

    store.lie = damaged
    world.put_cache("/data/f", b"n" * size)

    assert isinstance(world.save()["/data/f"].error, Corrupt | NotSaved)

    entry = world.engine.stat("/data/f")
    assert (entry.state, entry.may_go) == (EntryState.CONFLICT, False)
    assert world.read_cache("/data/f") == b"n" * size


def test_a_small_upload_names_its_md5_for_the_store_to_check(world: World, store: Store) -> None:
    world.put_cache("/data/f", b"x" * SMALL)
    store.before = lambda method, key: error(400, "BadDigest") if method == "PUT" else None
    moved = world.save()["/data/f"]
    assert isinstance(moved.error, Corrupt)
    assert moved.tries > 1


@pytest.mark.parametrize("there", [True, False])
def test_a_write_under_way_is_waited_for_and_never_overwritten(world: World, store: Store, there: bool) -> None:
    if there:
        store.put("f", b"o" * SMALL)
        world.preload()
    world.put_cache("/data/f", b"n" * SMALL)
    refused = iter(range(3))

    def race(method: str, key: str) -> Reply | None:
        if method != "PUT" or next(refused, None) is None:
            return None
        return error(409, "ConditionalRequestConflict")

    store.before = race
    assert world.save()["/data/f"].outcome is Outcome.DONE

    def another(method: str, key: str) -> Reply | None:
        if method != "PUT":
            return None
        store.put("f", b"of another program")
        return error(409, "ConditionalRequestConflict")

    world.put_cache("/data/f", b"m" * SMALL)
    store.before = another
    moved = world.save()["/data/f"]
    assert moved.outcome is Outcome.FAILED
    assert store.objects["f"][0] == b"of another program"


def test_a_listing_without_quotes_around_etags_is_the_same_version(world: World, store: Store) -> None:
    store.put("f", b"x" * SMALL)

    def bare(method: str, key: str, reply: Reply) -> Reply:
        status, headers, body = reply
        return (status, headers, body.replace(b'<ETag>"', b"<ETag>").replace(b'"</ETag>', b"</ETag>"))

    store.lie = bare
    world.preload()
    assert [each.outcome for each in world.preload().values()] == [Outcome.SKIPPED]


def test_a_free_of_a_tree_leaves_a_name_that_the_bucket_cannot_hold(world: World, store: Store) -> None:
    for name in ("a", "z"):
        store.put(f"d/{name}", b"x")
    world.preload()
    world.put_cache("/data/d/m\udcff", b"1")
    assert world.engine.free("/data/d", recursive=True).files == 2
    assert world.read_cache("/data/d/m\udcff") == b"1"


def test_a_copy_that_a_program_has_open_for_writing_is_not_replaced(world: World, store: Store) -> None:
    store.put("f", b"o" * SMALL)
    world.preload()
    store.put("f", b"n" * SMALL)
    file = world.tiers[0] / "data/f"
    with open(file, "r+b") as writer:
        moved = world.preload()["/data/f"]
        writer.write(b"mine")
        writer.flush()
        assert moved.outcome is not Outcome.DONE
        assert file.read_bytes()[:4] == b"mine"


def test_conflict_is_not_overwritten_by_a_damaged_save(world: World, store: Store) -> None:
    world.put_cache("/data/f", b"c" * SMALL)
    store.put("f", b"theirs")
    assert isinstance(world.save()["/data/f"].error, NotSaved)
