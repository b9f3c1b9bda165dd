"""A page of some levels: the names come at once, the sums as far as a budget goes, else what the tiers have."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avio.engines.base import Engine, Entry, EntryState
from avio.engines.local import level_entries, listings
from avio.engines.local.buckets import objects, obstore_listing
from avio.engines.local.directory_sums import BRIEF
from avio.errors import EngineError
from tests.contract.engines.harness import Harness
from tests.contract.engines.listings import engine_of
from tests.contract.engines.test_lying_listings import LIES
from tests.servers.hostile_s3 import HostileS3, hostile_s3

NO_SUMS = BRIEF._replace(streams=0)


def pages(engine: Engine, path: str, depth: int | None, size: int = 1000) -> Iterator[list[Entry]]:
    after: str | None = None
    while True:
        page = engine.list(path, depth=depth, size=size, after=after)
        yield page.entries
        after = page.after
        if after is None:
            return


def entries(engine: Engine, path: str, depth: int | None, size: int = 1000) -> list[Entry]:
    return [entry for page in pages(engine, path, depth, size) for entry in page]


def put_cached(tmp_path: Path, *paths: str) -> None:
    for path in paths:
        file = tmp_path / f"mem{path}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"123")


@pytest.fixture
def large(hostile: HostileS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine over 20 directories of 50 files, which counts none."""
    monkeypatch.setattr(listings, "BRIEF", NO_SUMS)
    hostile.page, hostile.objects = 100, {b"d%02d/f%04d" % (number // 50, number): b"1" for number in range(1000)}
    return engine_of(hostile, tmp_path)


def test_the_names_of_large_directories_cost_one_request(large: Engine, hostile: HostileS3) -> None:
    found = entries(large, "/s3", 1)

    assert [entry.path for entry in found] == [f"/s3/d{number:02}" for number in range(20)]
    assert hostile.lists == 1


def test_a_directory_that_is_not_counted_and_not_cached_is_remote_without_figures(large: Engine) -> None:
    first = entries(large, "/s3", 1)[0]

    assert first == Entry("/s3/d00", "directory", None, None, EntryState.REMOTE, 0, {}, True, None, 0)


def test_a_directory_that_is_not_counted_shows_what_the_tiers_have(
    large: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(level_entries, "CACHED_SECONDS", 20.0)
    put_cached(tmp_path, "/s3/d07/f0350", "/s3/d07/f0351", "/s3/new/checkpoint")

    found = {entry.path: entry for entry in entries(large, "/s3", 1)}

    unknown = EntryState.UNKNOWN
    assert found["/s3/d07"] == Entry("/s3/d07", "directory", None, None, unknown, 6, {"MEM": 6}, None, None, 2)
    assert found["/s3/new"] == Entry("/s3/new", "directory", None, None, unknown, 3, {"MEM": 3}, None, None, 1)
    assert found["/s3/d08"].state is EntryState.REMOTE


def test_with_sums_all_are_counted(large: Engine) -> None:
    assert {entry.files for entry in large.list("/s3", depth=1, size=100, sums=True).entries} == {50}


def test_directories_of_few_files_are_counted_together(hostile: HostileS3, tmp_path: Path) -> None:
    hostile.objects = {b"d%02d/f%d" % (number // 3, number): b"1" for number in range(90)} | {b"d05-": b"1"}

    found = entries(engine_of(hostile, tmp_path), "/s3", 1)

    assert {entry.files for entry in found if entry.kind == "directory"} == {3}
    assert hostile.lists == 2


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_sums_are_those_of_stat(world: Harness, depth: int) -> None:
    world.put_all(["/data/a/b/c/d", "/data/a/b/e", "/data/a/f", "/data/g/h", "/data/i"])
    world.preload("/data/a/b")
    world.put_cache("/data/g/new", b"12")

    found = entries(world.engine, "/data", depth)

    assert found == [world.engine.stat(entry.path) for entry in found]


NAMES = st.text(alphabet="ab-./é", min_size=1, max_size=6).filter(
    lambda name: all(part not in ("", ".", "..") for part in name.split("/"))
)


@pytest.fixture(scope="module")
def shared() -> Iterator[HostileS3]:
    with hostile_s3() as state:
        yield state


def expected(keys: set[str], cached: set[str], depth: int, separator: str) -> list[str]:
    """Return the places of a listing, in order: files, and directories with a slash."""
    files = {key for key in keys if not any(other.startswith(key + "/") for other in keys)}
    places = set()
    for key in files | cached:
        parts = key.split("/")
        places |= {"/".join(parts[:level]) + "/" for level in range(1, min(len(parts) - 1, depth) + 1)}
        places |= {key} if len(parts) <= depth else set()
    return sorted(places, key=lambda place: place.replace("/", separator))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    keys=st.sets(NAMES, max_size=12),
    cached=st.sets(NAMES, max_size=4),
    depth=st.integers(1, 3),
    size=st.integers(1, 5),
    page=st.integers(1, 4),
    by_names=st.booleans(),
    by_obstore=st.booleans(),
)
def test_pages_of_levels_have_each_name_once_and_in_order(
    shared: HostileS3,
    tmp_path_factory: pytest.TempPathFactory,
    keys: set[str],
    cached: set[str],
    depth: int,
    size: int,
    page: int,
    by_names: bool,
    by_obstore: bool,
) -> None:
    tmp_path = tmp_path_factory.mktemp("tier")
    cached = {one for one in cached if not any(other.startswith(one + "/") for other in cached | keys)}
    cached = {one for one in cached if not any(one.startswith(other + "/") for other in keys | cached)}
    keys = {one for one in keys if not by_obstore or not any(other.startswith(one + "/") for other in keys)}
    shared.objects, shared.page, shared.by_names = {key.encode(): b"1" for key in keys}, page, by_names
    put_cached(tmp_path, *(f"/s3/{one}" for one in cached))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listings, "BRIEF", NO_SUMS)
        patch.setattr(obstore_listing, "PAGE_OBJECTS", page)
        if by_obstore:
            patch.setattr(objects, "place_of", lambda url, options: None)
        options = {"key_order": "names"} if by_names else {}
        engine = engine_of(shared, tmp_path, options)
        found = [entry.path + "/" * (entry.kind == "directory") for entry in entries(engine, "/s3", depth, size)]

    assert [place.removeprefix("/s3/") for place in found] == expected(keys, cached, depth, "\0" if by_names else "/")


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_about_a_level_is_an_error(
    hostile: HostileS3, tmp_path: Path, lie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = listings.TASK._replace(retry_seconds=0, bad_reply_seconds=0)
    monkeypatch.setattr(listings, "TASK", quick)
    hostile.page, hostile.objects = 2, {b"d/f%d" % number: b"1" for number in range(1, 6)}
    hostile.lie = LIES[lie]

    with pytest.raises(EngineError):
        entries(engine_of(hostile, tmp_path), "/s3/d", 1)


def test_folders_that_come_again_are_an_error(hostile: HostileS3, tmp_path: Path) -> None:
    hostile.page, hostile.objects = 2, {b"d%d/f" % number: b"1" for number in range(6)}
    hostile.lie = lambda number, query, body: (200, body.replace(b"d2/", b"d0/").replace(b"d3/", b"d1/"))

    with pytest.raises(EngineError):
        entries(engine_of(hostile, tmp_path), "/s3", 1)


def test_names_that_are_no_paths_are_left_out_and_markers_are_folders(hostile: HostileS3, tmp_path: Path) -> None:
    hostile.objects = dict.fromkeys((b"a//b", b"../c", b"d/\x01", b"\x01/f", b"ok/f", b".avio/x"), b"1") | {b"e/": b""}

    page = engine_of(hostile, tmp_path).list("/s3", depth=1, size=100)

    assert [entry.path for entry in page.entries] == ["/s3/a", "/s3/d", "/s3/e", "/s3/ok"]
    assert {left.path for left in page.left_out} >= {"/s3/..", "/s3/\x01"}


def test_a_page_that_a_directory_fills_is_not_the_last(world: Harness) -> None:
    world.put_all(["/data/a/f", "/data/d/f"])

    found = [entry.path for entry in entries(world.engine, "/data", None, size=1)]

    assert found == ["/data/a", "/data/a/f", "/data/d", "/data/d/f"]


def test_a_page_of_all_levels_counts_few_files_behind_its_end(
    hostile: HostileS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(level_entries, "CACHED_SECONDS", 20.0)
    hostile.page, hostile.objects = 100, {b"d%d/f%03d" % (number // 500, number): b"1" for number in range(1000)}
    put_cached(tmp_path, "/s3/d1/f501")
    engine = engine_of(hostile, tmp_path)

    def first(after: str | None, beyond: int) -> Entry:
        monkeypatch.setattr(listings, "BRIEF", listings.BRIEF._replace(beyond=beyond))
        return engine.list("/s3", depth=None, size=3, after=after).entries[0]

    assert first(None, beyond=600).files == 500
    hostile.lists = 0
    assert first(None, beyond=50) == Entry("/s3/d0", "directory", None, None, EntryState.REMOTE, 0, {}, True, None, 0)
    assert hostile.lists == 1
    other = first("/s3/d0/f499", beyond=50)
    assert (other.path, other.state, other.size) == ("/s3/d1", EntryState.UNKNOWN, None)
    assert (other.tiers, other.files_cached) == ({"MEM": 3}, 1)


@pytest.mark.parametrize("size", [1, 2, 1000])
@pytest.mark.parametrize("separator", ["bytes", "names"])
def test_mounts_inside_mounts_are_listed_level_by_level_as_in_a_walk(
    hostile: HostileS3, tmp_path: Path, separator: str, size: int
) -> None:
    hostile.by_names = separator == "names"
    hostile.objects = dict.fromkeys((b"a-x", b"a/b/hidden", b"a/c", b"a.txt", b"m", b"z/y/x"), b"1")
    for name in ("one/f", "one/d/g", "two/h"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    mounts = {
        "/s3/a/b": f"file://{tmp_path}/one",
        "/s3/new/deep": f"file://{tmp_path}/two",
        "/": f"file://{tmp_path}/no",
    }
    (tmp_path / "no").mkdir()
    put_cached(tmp_path, "/s3/a/b/cached", "/s3/k/l")
    engine = engine_of(hostile, tmp_path, {"key_order": separator}, **mounts)

    walked = [entry.path for run in engine.list_all("/s3", depth=None, left_out=lambda _: None) for entry in run]

    assert set(walked) >= {f"/s3/{name}" for name in ("a", "a/b", "a/b/cached", "a/b/d/g", "a/c", "k", "new/deep/h")}
    assert len(walked) == len(set(walked)) == 18
    assert "/s3/a/b/hidden" not in walked
    for depth in (1, 2, 3, None):
        found = entries(engine, "/s3", depth, size)
        levels = [path for path in walked if depth is None or path.count("/") - 1 <= depth]
        assert [entry.path for entry in found] == levels
        if size == 1000:
            assert [entry.files for entry in found] == [engine.stat(path).files for path in levels]
    assert [entry.path for entry in entries(engine, "/", 1)] == ["/s3"]


def test_a_mount_that_is_not_counted_is_not_taken_for_the_directory_that_it_hides(
    hostile: HostileS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listings, "BRIEF", NO_SUMS)
    hostile.objects = dict.fromkeys((b"a/hidden", b"b/shown"), b"1")
    (tmp_path / "files").mkdir()

    found = entries(engine_of(hostile, tmp_path, **{"/s3/a": f"file://{tmp_path}/files"}), "/s3", 1)

    states = {entry.path: entry.state for entry in found}
    assert states == {"/s3/a": EntryState.UNKNOWN, "/s3/b": EntryState.REMOTE}
