"""A whole listing as one stream, for a job: what the pages show, each entry once, whatever happens on the way."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from avio.engines.base import Engine, Entry, EntryState
from avio.engines.left_out import LeftOut
from avio.engines.local import listing_stream
from avio.engines.local.buckets.s3_list import S3List
from avio.engines.local.engine import LocalEngine
from avio.errors import EngineAway, PathNotFound
from tests.contract.engines.harness import FilesHarness, Harness
from tests.contract.engines.listings import engine_of
from tests.servers.hostile_s3 import HostileS3, error_xml

TREE = ["a", "a-b", "a.txt", "d/e/f", "d/e/g", "d/h", "d/i/j", "d-e", "z/z"]


def entries(engine: Engine, path: str, depth: int | None = None, left: list[LeftOut] | None = None) -> list[Entry]:
    sink: Callable[[LeftOut], None] = (lambda _: None) if left is None else left.append
    return [entry for run in engine.list_all(path, depth=depth, left_out=sink) for entry in run]


@pytest.mark.parametrize("depth", [1, 2, 3, None])
def test_the_stream_has_the_entries_of_the_pages_with_all_sums(world: Harness, depth: int | None) -> None:
    world.put_all(world.name(f"/data/{name}") for name in TREE if name != "a")
    world.preload("/data/d/e")
    world.put_cache("/data/new/checkpoint", b"12")

    found = entries(world.engine, "/data", depth)

    assert [entry.path + "/" * (entry.kind == "directory") for entry in found] == world.paths(depth=depth)
    assert all(entry == world.engine.stat(entry.path) for entry in found)


def test_a_file_is_the_only_entry_of_itself_and_nothing_is_not_found(world: Harness) -> None:
    world.put_all(["/data/f"])

    assert [entry.path for entry in entries(world.engine, "/data/f")] == ["/data/f"]
    with pytest.raises(PathNotFound):
        entries(world.engine, "/data/none")


@pytest.mark.parametrize("depth", [1, None])
@pytest.mark.parametrize("broken", [1, 2, 4, 6])
def test_after_an_error_the_stream_goes_on_where_it_was(
    hostile: HostileS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, depth: int | None, broken: int
) -> None:
    hostile.page = 2
    keys = [b"%d/%d/%d" % (one, two, three) for one in range(3) for two in range(2) for three in (1, 2)]
    hostile.objects = dict.fromkeys(keys, b"12")
    engine = engine_of(hostile, tmp_path)
    whole = entries(engine, "/s3", depth)
    failed: list[EngineAway] = []
    asked = itertools.count(1)
    ask = S3List.page

    def page(self: S3List, *args: Any) -> Any:
        if next(asked) == broken:
            raise EngineAway("after all tries")
        return ask(self, *args)

    monkeypatch.setattr(S3List, "page", page)

    stream = engine.list_all("/s3", depth=depth, left_out=lambda _: None)
    found: list[Entry] = []
    while True:
        try:
            found += next(stream)
        except EngineAway as error:
            failed.append(error)
        except StopIteration:
            break

    assert len(failed) == 1
    assert found == whole
    assert [entry.size for entry in found if entry.path in ("/s3/0", "/s3/1", "/s3/2")] == [8, 8, 8]


def test_each_page_of_the_store_is_asked_for_once(hostile: HostileS3, tmp_path: Path) -> None:
    hostile.page, hostile.objects = 10, {b"d%d/f%03d" % (number % 3, number): b"1" for number in range(300)}
    engine = engine_of(hostile, tmp_path)

    assert len(entries(engine, "/s3")) == 303
    assert hostile.lists == 30


def test_each_page_of_a_directory_that_is_only_counted_is_progress(hostile: HostileS3, tmp_path: Path) -> None:
    hostile.page, hostile.objects = 10, {b"d/f%03d" % number: b"1" for number in range(300)}

    runs = list(engine_of(hostile, tmp_path).list_all("/s3", depth=1, left_out=lambda _: None))

    assert len(runs) >= 30
    assert [entry.files for run in runs for entry in run] == [300]


def test_a_directory_of_too_many_entries_goes_without_sums(
    hostile: HostileS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing_stream, "HELD_ENTRIES", 10)
    hostile.page, hostile.objects = 5, {b"d/%d/f%03d" % (number // 30, number): b"1" for number in range(60)}
    hostile.objects |= {b"e/%d" % number: b"1" for number in range(4)}

    found = entries(engine_of(hostile, tmp_path), "/s3")

    assert [entry.path for entry in found] == sorted(entry.path for entry in found)
    sums = {entry.path: (entry.files, entry.state) for entry in found if entry.kind == "directory"}
    unknown = None, EntryState.UNKNOWN
    assert sums == {
        "/s3/d": unknown,
        "/s3/d/0": unknown,
        "/s3/d/1": unknown,
        "/s3/e": (4, EntryState.REMOTE),
    }
    assert entries(engine_of(hostile, tmp_path), "/s3", 1)[0].files == 60


def test_a_mount_that_refuses_has_no_sums_and_ends_the_listing_of_its_own_files(
    hostile: HostileS3, tmp_path: Path
) -> None:
    hostile.lie = lambda *_: (403, error_xml("AccessDenied"))
    (tmp_path / "files").mkdir()
    (tmp_path / "files/f").touch()
    engine = engine_of(hostile, tmp_path, **{"/z": f"file://{tmp_path}/files", "/a": f"file://{tmp_path}/files"})

    found = {entry.path: entry.files for entry in entries(engine, "/", 1)}

    assert found == {"/a": 1, "/s3": None, "/z": 1}


@pytest.fixture
def silent(hostile: HostileS3, tmp_path: Path) -> LocalEngine:
    """An engine with a mount that does not answer beside one that does."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files/f").touch()
    hostile.lie = lambda *_: (503, error_xml("SlowDown"))
    return engine_of(hostile, tmp_path, **{"/a": f"file://{tmp_path}/files"})


def test_a_mount_that_does_not_answer_is_waited_for(silent: LocalEngine, hostile: HostileS3) -> None:
    stream = silent.list_all("/", depth=None, left_out=lambda _: None)
    with pytest.raises(EngineAway, match="/s3"):
        next(stream)
    hostile.lie, hostile.objects = None, {b"x": b"1"}

    assert [entry.path for run in stream for entry in run] == ["/a", "/a/f", "/s3", "/s3/x"]


def test_what_can_not_be_listed_is_left_out_by_name_once(tmp_path: Path) -> None:
    world = FilesHarness(tmp_path)
    world.put_all(["/data/d/a", "/data/blob"])
    for name in ("d/followed", "d/nowhere"):
        (world.bucket / name).symlink_to(world.bucket / "blob")
    world.put_cache("/data/d/followed", b"content")
    left: list[LeftOut] = []

    found = entries(world.engine, "/data", left=left)

    assert [each.path for each in left] == ["/data/d/nowhere"]
    assert [entry.path for entry in found] == ["/data/blob", "/data/d", "/data/d/a", "/data/d/followed"]
