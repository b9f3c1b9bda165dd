"""Stat, list and walk: what is where, in which order, page by page."""

import pytest

from avio.engines.base import EntryState, Side
from avio.errors import PathNotFound, TooLarge
from tests.contract.engines.harness import Harness

NAMES = ["/data/a-b", "/data/a.txt", "/data/a/x", "/data/a/y/z", "/data/b/c d/é☃", "/data/b0", "/data/100%/q+?&=.bin"]


def test_a_file_in_the_bucket_alone_is_remote(world: Harness) -> None:
    world.put_bucket("/data/f", b"12345")
    entry = world.engine.stat("/data/f")
    assert (entry.kind, entry.size, entry.state, entry.cached_bytes) == ("file", 5, EntryState.REMOTE, 0)
    assert entry.modified is not None
    assert entry.token is not None


def test_a_directory_is_the_sum_of_its_files(world: Harness) -> None:
    world.put_all(["/data/d/a", "/data/d/e/b", "/data/other"], b"1234")
    world.preload("/data/d/e")
    entry = world.engine.stat("/data/d")
    assert (entry.kind, entry.size, entry.files, entry.files_cached) == ("directory", 8, 2, 1)
    assert (entry.state, entry.cached_bytes, entry.tiers) == (EntryState.PARTIAL, 4, {"MEM": 4})
    assert entry.saved is True


@pytest.mark.parametrize("path", ["/data/none", "/data/f/below", "/elsewhere", "/data/d/non"])
def test_what_is_nowhere_is_not_found(world: Harness, path: str) -> None:
    world.put_all(["/data/f", "/data/d/none"])
    for ask in (
        lambda: world.engine.stat(path),
        lambda: world.engine.list(path, depth=1, size=10),
        lambda: list(world.engine.walk(path, depth=None, side=Side.BUCKET)),
    ):
        with pytest.raises(PathNotFound):
            ask()


def test_an_empty_mount_is_there(world: Harness) -> None:
    assert world.engine.stat("/data").files == 0
    assert world.engine.list("/data", depth=None, size=10).entries == []
    assert list(world.engine.walk("/data", depth=None, side=Side.BUCKET)) == []


def test_the_root_shows_the_mounts(world: Harness) -> None:
    assert world.engine.covers("/")
    assert not world.engine.covers("/elsewhere")
    world.put_all(["/data/d/f"])
    assert world.paths("/", depth=1) == ["/data/"]
    assert world.engine.stat("/").files == 1
    assert [entry.path for entry in world.engine.walk("/", depth=None, side=Side.BUCKET)] == ["/data/d/f"]


def test_more_files_than_the_limit_are_too_many(world: Harness) -> None:
    world.put_all(f"/data/{number}" for number in range(5))
    assert world.engine.stat("/data", limit=5).files == 5
    with pytest.raises(TooLarge):
        world.engine.stat("/data", limit=4)


def test_pages_of_all_levels_have_everything_once_and_in_order(world: Harness) -> None:
    names = [world.name(path) for path in NAMES]
    world.put_all(names)
    directories = {"/data/100%/", "/data/a/", "/data/a/y/", "/data/b/", "/data/b/c d/"}
    found = world.paths()
    assert sorted(found) == sorted({*names, *directories})
    assert found in (sorted(found), sorted(found, key=lambda path: path.replace("/", "\0")))


@pytest.mark.parametrize(
    ("depth", "expected"),
    [
        (1, {"/data/100%/", "/data/a-b", "/data/a.txt", "/data/a/", "/data/b/", "/data/b0"}),
        (
            2,
            {
                "/data/100%/",
                "/data/100%/q+?&=.bin",
                "/data/a-b",
                "/data/a.txt",
                "/data/a/",
                "/data/a/x",
                "/data/a/y/",
                "/data/b/",
                "/data/b/c d/",
                "/data/b0",
            },
        ),
    ],
)
def test_pages_go_as_deep_as_asked(world: Harness, depth: int, expected: set[str]) -> None:
    world.put_all(map(world.name, NAMES))
    found = world.paths(depth=depth)
    assert len(found) == len(expected)
    assert set(found) == set(map(world.name, expected))


def test_a_directory_on_a_page_has_its_sums(world: Harness) -> None:
    world.put_all(["/data/d/a", "/data/d/e/b", "/data/z"], b"1234")
    world.preload("/data/d")
    first, last = world.engine.list("/data", depth=1, size=10).entries
    assert (first.path, first.files, first.size, first.state) == ("/data/d", 2, 8, EntryState.CACHED)
    assert (last.path, last.state) == ("/data/z", EntryState.REMOTE)


def test_a_file_is_listed_as_itself(world: Harness) -> None:
    world.put_all(["/data/f"])
    page = world.engine.list("/data/f", depth=1, size=10)
    assert [entry.path for entry in page.entries] == ["/data/f"]
    assert page.after is None


def test_what_is_only_in_the_cache_is_listed_and_dirty(world: Harness) -> None:
    world.put_all(["/data/a", "/data/c"])
    world.put_cache("/data/b", b"new")
    world.put_cache("/data/d/e", b"new too")
    assert world.paths() == ["/data/a", "/data/b", "/data/c", "/data/d/", "/data/d/e"]
    entry = world.engine.stat("/data/b")
    assert (entry.state, entry.saved, entry.size, entry.cached_bytes) == (EntryState.DIRTY, False, 3, 3)
    assert world.engine.stat("/data").state is EntryState.DIRTY
    assert world.engine.stat("/data").saved is False


def test_a_walk_yields_the_files_of_one_side(world: Harness) -> None:
    world.put_all(["/data/a", "/data/d/b"])
    world.preload("/data/a")
    world.put_cache("/data/d/c", b"new")
    bucket = {entry.path for entry in world.engine.walk("/data", depth=None, side=Side.BUCKET)}
    cache = {entry.path: entry.state for entry in world.engine.walk("/data", depth=None, side=Side.CACHE)}
    assert bucket == {"/data/a", "/data/d/b"}
    assert cache == {"/data/a": EntryState.CACHED, "/data/d/c": EntryState.DIRTY}


def test_a_walk_goes_as_deep_as_asked(world: Harness) -> None:
    world.put_all(map(world.name, NAMES))
    near = {entry.path for entry in world.engine.walk("/data", depth=1, side=Side.BUCKET)}
    assert near == {"/data/a-b", "/data/a.txt", "/data/b0"}
    assert {entry.path for entry in world.engine.walk("/data/a", depth=1, side=Side.BUCKET)} == {"/data/a/x"}
    assert [entry.path for entry in world.engine.walk("/data/b0", depth=1, side=Side.BUCKET)] == ["/data/b0"]
