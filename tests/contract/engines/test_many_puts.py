"""Many small files are saved by one PUT each, and believed only when a listing shows their bytes."""

import hashlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from avio.engines.base import Entry, EntryState, Moved, Side
from avio.engines.factory import open_engine
from avio.engines.local.buckets.store_facts import FIRST_UPLOADS
from avio.engines.local.transfer import outgoing
from avio.engines.versions import VersionChanged
from avio.errors import NotSaved, Unsaved
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, outcomes
from tests.contract.engines.lying_store import Reply, Store, error
from tests.contract.engines.test_other_bytes import World
from tests.processes import wait_until

FILES = 60
LIMIT = 30.0  # seconds
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    return World(tmp_path, ("s3://b", store.options), 1 << 30)


def put_old(world: World, path: str, content: bytes) -> None:
    """Write a cached file a while ago: a file of this moment is left to a thread, which waits."""
    world.put_cache(path, content)
    for tier in world.tiers:
        if (tier / path[1:]).exists():
            os.utime(tier / path[1:], ns=(1_700_000_000_123_456_789, 1_700_000_000_123_456_789))


def put_many(world: World, files: int = FILES, directory: str = "many") -> list[str]:
    paths = [f"/data/{directory}/{number:04d}.json" for number in range(files)]
    for path in paths:
        put_old(world, path, path.encode())
    return paths


@pytest.fixture
def taught(world: World, store: Store) -> World:
    """A world that has learned what its store does, and what its requests are."""
    put_many(world, FIRST_UPLOADS + 2, "first")
    world.save()
    store.requests.clear()
    return world


def saved_and_checked(world: World) -> tuple[dict[str, Moved], dict[str, Entry]]:
    """Save all, then ask again as a job does at its end."""
    entries = list(world.engine.walk("/data", depth=None, side=Side.SAVE))
    unsaved = (entry for entry in entries if not entry.saved)
    moved = {each.entry.path: each for each in world.engine.save(unsaved, Params(), Attempt())}
    checked = world.engine.recheck(iter(entries), Params(), Attempt(), original=True)
    return moved, {entry.path: entry for entry in checked}


def etag_of(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'


@pytest.mark.parametrize("there", [False, True])
def test_a_small_file_costs_one_put_and_its_share_of_two_listings(taught: World, store: Store, there: bool) -> None:
    if there:
        for number in range(FILES):
            store.put(f"many/{number:04d}.json", b"old")
        taught.preload()
    paths = put_many(taught)
    store.requests.clear()
    moved, checked = saved_and_checked(taught)
    assert {each.outcome for each in moved.values()} == {Outcome.DONE}
    assert {checked[path].state for path in paths} == {EntryState.CACHED}
    assert {path: store.objects[path.removeprefix("/data/")][0] for path in paths} == {p: p.encode() for p in paths}
    assert (store.count("PUT"), store.count("HEAD")) == (FILES, 0)
    assert store.count("GET") <= 3


def test_what_a_store_does_is_learned_from_one_upload(world: World, store: Store) -> None:
    paths = put_many(world)
    moved, checked = saved_and_checked(world)
    assert {each.outcome for each in moved.values()} == {Outcome.DONE}
    assert {checked[path].saved for path in paths} == {True}
    assert store.count("PUT") == FILES + 2
    assert store.count("HEAD") <= 3 * (FIRST_UPLOADS + 1) + 2


def test_calls_one_after_the_other_use_the_same_connections(taught: World, store: Store) -> None:
    put_many(taught)
    entries = [entry for entry in taught.engine.walk("/data", depth=None, side=Side.SAVE) if not entry.saved]
    run = Attempt()
    before = store.connections
    for begin in range(0, FILES, 5):
        moved = list(taught.engine.save(iter(entries[begin : begin + 5]), Params(), run))
        assert {each.outcome for each in moved} == {Outcome.DONE}
    assert store.connections - before <= 5


@pytest.mark.parametrize("there", [False, True])
def test_a_store_that_says_done_and_stores_nothing_is_found_by_the_check(
    taught: World, store: Store, there: bool
) -> None:
    if there:
        store.put("many/0000.json", b"old")
        taught.preload()
    (path,) = put_many(taught, 1)

    def forget(method: str, key: str) -> Reply | None:
        return (200, {"ETag": etag_of(path.encode())}, b"") if (method, key) == ("PUT", "many/0000.json") else None

    store.before = forget
    _, checked = saved_and_checked(taught)
    assert (checked[path].state, checked[path].saved) == (EntryState.DIRTY, False)
    entry = taught.engine.stat(path)
    assert (entry.state, entry.may_go) == (EntryState.DIRTY, False)
    with pytest.raises(Unsaved):
        taught.engine.free(path, recursive=False)
    store.before = lambda method, key: None
    _, checked = saved_and_checked(taught)
    assert checked[path].state is EntryState.CACHED
    assert store.objects["many/0000.json"][0] == path.encode()


def test_other_bytes_under_the_right_etag_of_the_reply_are_found_by_the_check(taught: World, store: Store) -> None:
    (path,) = put_many(taught, 1)

    def damage(method: str, key: str, reply: Reply) -> Reply:
        if method == "PUT":
            store.put(key, b"other")
        return reply

    store.lie = damage
    _, checked = saved_and_checked(taught)
    assert (checked[path].state, checked[path].saved) == (EntryState.CONFLICT, False)
    assert taught.read_cache(path) == path.encode()


def test_a_check_that_gets_no_listing_looks_at_each_object(taught: World, store: Store) -> None:
    paths = put_many(taught)
    entries = list(taught.engine.walk("/data", depth=None, side=Side.SAVE))
    moved = list(taught.engine.save((entry for entry in entries if not entry.saved), Params(), Attempt()))
    assert {each.outcome for each in moved} == {Outcome.DONE}
    store.lie = lambda method, key, reply: (200, {}, b"<html>log in</html>") if method == "GET" else reply
    checked = taught.engine.recheck(iter(entries), Params(), Attempt(), original=True)
    assert {entry.state for entry in checked} == {EntryState.CACHED}
    assert store.count("HEAD") >= len(paths)


@pytest.mark.parametrize("status", [0, 500, 503])
def test_a_put_whose_answer_is_lost_is_done(taught: World, store: Store, status: int) -> None:
    paths = put_many(taught, 5)
    lost: set[str] = set()

    def lose(method: str, key: str, reply: Reply) -> Reply:
        if method != "PUT" or key in lost:
            return reply
        lost.add(key)
        return error(status, "InternalError") if status else (200, {"Content-Length": "100"}, b"")

    store.lie = lose
    moved, checked = saved_and_checked(taught)
    assert outcomes(moved) == dict.fromkeys(paths, Outcome.DONE)
    assert {checked[path].state for path in paths} == {EntryState.CACHED}
    assert len(lost) == 5


@pytest.mark.parametrize("there", [False, True])
def test_what_comes_between_the_listing_and_the_put_is_not_overwritten(
    taught: World, store: Store, there: bool
) -> None:
    if there:
        store.put("many/0000.json", b"old")
        taught.preload()
    (path,) = put_many(taught, 1)
    entries = list(taught.engine.walk("/data/many", depth=None, side=Side.SAVE))
    store.put("many/0000.json", b"of another program")
    (moved,) = taught.engine.save(iter(entries), Params(), Attempt())
    assert isinstance(moved.error, NotSaved)
    assert store.objects["many/0000.json"][0] == b"of another program"
    assert taught.engine.stat(path).state is EntryState.CONFLICT


def test_an_overwrite_that_did_not_happen_leaves_the_conflict(taught: World, store: Store) -> None:
    store.put("many/0000.json", b"old")
    taught.preload()
    (path,) = put_many(taught, 1)
    store.put("many/0000.json", b"of another program")
    store.before = lambda method, key: error(403, "AccessDenied") if method == "PUT" else None
    assert taught.save(overwrite="always")[path].outcome is Outcome.FAILED
    assert taught.engine.stat(path).state is EntryState.CONFLICT
    store.before = lambda method, key: None
    assert isinstance(taught.save()[path].error, NotSaved)
    assert store.objects["many/0000.json"][0] == b"of another program"


@pytest.mark.parametrize("conditions", [False, True])
def test_a_store_that_has_or_obeys_no_conditions_is_looked_at_before_each_put(
    world: World, store: Store, conditions: bool, caplog: pytest.LogCaptureFixture
) -> None:
    store.conditions, store.obeys = conditions, False
    paths = put_many(world)
    entries = list(world.engine.walk("/data", depth=None, side=Side.SAVE))
    came = [path.removeprefix("/data/") for path in paths[-5:]]
    for key in came:
        store.put(key, b"of another program")
    moved = {each.entry.path: each for each in world.engine.save(iter(entries), Params(), Attempt())}
    assert [path for path in paths if moved[path].outcome is not Outcome.DONE] == paths[-5:]
    assert {store.objects[key][0] for key in came} == {b"of another program"}
    assert sum("no conditional writes" in record.message for record in caplog.records) == 1
    assert world.engine.remarks() == ["s3://b has no conditional writes"]
    _, checked = saved_and_checked(world)
    assert {checked[path].saved for path in paths[:-5]} == {True}


def test_a_store_that_begins_to_encrypt_is_asked_for_each_object_from_then_on(taught: World, store: Store) -> None:
    paths, put = put_many(taught), store.put

    def encrypted(key: str, body: bytes, etag: str | None = None) -> str:
        return put(key, body, etag_of(b"secret" + body))

    store.put = encrypted  # type: ignore[method-assign]
    moved, checked = saved_and_checked(taught)
    assert {each.outcome for each in moved.values()} == {Outcome.DONE}
    assert {checked[path].state for path in paths} == {EntryState.CACHED}
    assert store.count("PUT") == FILES
    assert taught.engine.remarks() == ["s3://b shows no MD5 of uploaded bytes"]


def test_a_store_without_etags_has_all_files_in_the_end(world: World, store: Store) -> None:
    paths = put_many(world)

    def bare(method: str, key: str, reply: Reply) -> Reply:
        status, headers, body = reply
        without = {name: text for name, text in headers.items() if name != "ETag"}
        return status, without, re.sub(rb"<ETag>.*?</ETag>", b"", body)

    store.lie = bare
    moved, checked = saved_and_checked(world)
    assert {each.outcome for each in moved.values()} == {Outcome.DONE}
    assert {checked[path].state for path in paths} == {EntryState.CACHED}
    assert {path: store.objects[path.removeprefix("/data/")][0] for path in paths} == {p: p.encode() for p in paths}
    put_old(world, paths[0], b"changed here")
    moved, checked = saved_and_checked(world)
    assert outcomes(moved) == {paths[0]: Outcome.DONE}
    assert store.objects["many/0000.json"][0] == b"changed here"


def test_a_file_that_changes_while_it_is_sent_stays_unsaved(taught: World, store: Store) -> None:
    (path,) = put_many(taught, 1)

    def write(method: str, key: str) -> None:
        if method == "PUT":
            taught.put_cache(path, b"changed meanwhile")

    store.before = write
    _, checked = saved_and_checked(taught)
    assert (checked[path].state, checked[path].saved) == (EntryState.DIRTY, False)


def test_a_file_that_changes_while_it_is_read_is_read_again(
    taught: World, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = put_many(taught, 1)
    pread, torn = os.pread, []

    def write_meanwhile(fd: int, size: int, offset: int) -> bytes:
        found = pread(fd, size, offset)
        if not torn:
            torn.append(found)
            put_old(taught, path, found[::-1])  # with the same size and mtime: only the ctime tells
        return found

    monkeypatch.setattr(outgoing, "os", SimpleNamespace(pread=write_meanwhile, close=os.close))
    _, checked = saved_and_checked(taught)
    assert torn == [path.encode()]
    assert checked[path].saved
    assert store.objects["many/0000.json"][0] == path.encode()[::-1]


def test_an_upload_that_no_check_has_seen_counts_while_the_bucket_has_it(taught: World, store: Store) -> None:
    (path,) = put_many(taught, 1)
    assert taught.save()[path].outcome is Outcome.DONE
    other = open_engine(taught.settings)  # of the next attempt, after a crash
    assert other.stat(path).state is EntryState.CACHED
    content = store.objects.pop("many/0000.json")
    assert other.stat(path).state is EntryState.DIRTY, "nobody has seen the object: it may never have been there"
    store.objects["many/0000.json"] = content
    saved_and_checked(taught)
    del store.objects["many/0000.json"]
    assert other.stat(path).state is EntryState.GONE, "the check has seen it, so it was deleted"
    other.close()


def test_objects_have_the_content_type_of_their_names(taught: World, store: Store) -> None:
    put_old(taught, "/data/a.parquet", b"p")
    put_old(taught, "/data/large.tar.gz", b"x" * (9 << 20))
    taught.save()
    assert store.types["first/0000.json"] == "application/json"
    assert store.types["a.parquet"] == "application/vnd.apache.parquet"
    assert store.types["large.tar.gz"] == "application/gzip"


_SAVE = """
import ast, sys
from avio.engines.base import Side
from avio.engines.factory import open_engine
from avio.engines.local.transfer import outgoing
from avio.wire.params import Params
from tests.contract.engines.harness import Attempt

engine = open_engine(ast.literal_eval(sys.argv[1]))
for _ in engine.save(engine.walk("/data", depth=None, side=Side.SAVE), Params(), Attempt()):
    pass
"""


@pytest.mark.parametrize("point", ["upload.marked", "upload.answered"])
def test_a_save_that_is_killed_midway_leaves_each_file_as_it_is_in_the_bucket(
    world: World, store: Store, point: str
) -> None:
    paths = put_many(world, 30)
    environment = {**os.environ, "AVIO_FAULT": f"{point}:kill:10"}
    killed = subprocess.run(
        [sys.executable, "-c", _SAVE, repr(world.settings)], env=environment, cwd=ROOT, timeout=60, check=False
    )
    assert killed.returncode == -signal.SIGKILL

    def agree() -> bool:
        saved = {f"/data/{key}" for key in store.objects}
        states = {path: world.engine.stat(path).state for path in paths}
        return states == {path: EntryState.CACHED if path in saved else EntryState.DIRTY for path in paths}

    wait_until(agree, LIMIT, "the store to have taken what was sent before the kill")
    assert store.objects
    _, checked = saved_and_checked(world)
    assert {entry.saved for entry in checked.values()} == {True}
    assert {path: store.objects[path.removeprefix("/data/")][0] for path in paths} == {p: p.encode() for p in paths}


def test_a_job_that_names_versions_sends_no_other_one(taught: World) -> None:
    put_old(taught, "/data/f", b"1")
    entries = [each for each in taught.engine.walk("/data", depth=None, side=Side.SAVE) if each.path == "/data/f"]
    put_old(taught, "/data/f", b"22")

    [refused] = taught.engine.save(entries, Params(versions=True), Attempt())

    assert isinstance(refused.error, VersionChanged)
    assert taught.read_bucket("/data/f") is None
