"""A walk of a bucket goes on behind any of its files, and files of an earlier walk are found as they are now."""

import pytest

from avio.engines.base import Entry, Side
from avio.engines.factory import open_engine
from avio.wire.params import Params
from tests.contract.engines.harness import Attempt, Harness, OnDisk

PATHS = [
    "/data/a-b/1",
    "/data/a.txt",
    "/data/a/1",
    "/data/a/b-c/1",
    "/data/a/b/1",
    "/data/a/b/2",
    "/data/a/b!",
    "/data/ä/1",
    "/data/z",
]


def walked(world: Harness, path: str = "/data", depth: int | None = None) -> list[Entry]:
    return list(world.engine.walk(path, depth=depth, side=Side.BUCKET))


def seen_again(world: Harness, entries: list[Entry]) -> list[Entry]:
    return list(world.engine.look_again((entry.path, entry.token or "") for entry in entries))


@pytest.fixture
def resuming(world: Harness) -> Harness:
    if not world.engine.resumes:
        pytest.skip("this engine lists from the beginning")
    return world


@pytest.mark.parametrize(("path", "depth"), [("/data", None), ("/data", 1), ("/data", 2), ("/data/a", None)])
def test_a_walk_goes_on_behind_each_of_its_files(resuming: Harness, path: str, depth: int | None) -> None:
    resuming.put_all(map(resuming.name, PATHS))
    whole = walked(resuming, path, depth)
    assert len(whole) > 1

    for place, entry in enumerate(whole):
        rest = list(resuming.engine.walk_on(path, entry.path, depth=depth))
        assert rest == whole[place + 1 :]


def test_a_walk_goes_on_behind_a_file_that_was_deleted_since(resuming: Harness) -> None:
    resuming.put_all(PATHS)
    whole = [entry.path for entry in walked(resuming)]
    for place, path in enumerate(whole):
        resuming.drop_bucket(path)
        assert [entry.path for entry in resuming.engine.walk_on("/data", path, depth=None)] == whole[place + 1 :]


def test_a_walk_of_one_file_has_no_rest(resuming: Harness) -> None:
    resuming.put_all(["/data/a", "/data/b"])

    assert [entry.path for entry in walked(resuming, "/data/a")] == ["/data/a"]
    assert list(resuming.engine.walk_on("/data/a", "/data/a", depth=None)) == []


def test_files_of_an_earlier_walk_are_as_a_walk_has_them_now(resuming: Harness) -> None:
    resuming.put_all(PATHS)
    earlier = walked(resuming)
    resuming.preload("/data/a")
    resuming.put_cache("/data/a/1", b"changed in the cache")
    resuming.put_cache("/data/z", b"only in the cache")

    assert seen_again(resuming, earlier) == walked(resuming)


def test_a_file_that_changed_since_the_walk_is_loaded_as_it_is_now(resuming: Harness) -> None:
    resuming.put_all(PATHS)
    earlier = walked(resuming)
    resuming.put_bucket("/data/z", b"new, and longer")

    again = seen_again(resuming, earlier)
    assert [entry.path for entry in again] == [entry.path for entry in earlier]
    moved = list(resuming.engine.preload(again, Params(), Attempt()))

    assert [each.error for each in moved] == [None] * len(PATHS)
    assert resuming.read_cache("/data/z") == b"new, and longer"


def test_the_bucket_is_not_asked_for_files_of_an_earlier_walk(local: OnDisk) -> None:
    local.put_all(PATHS)
    earlier = walked(local)
    local.preload("/data/a")
    for path in PATHS:
        local.drop_bucket(path)

    states = {entry.path: entry.state for entry in seen_again(local, earlier)}

    assert states == {path: "cached" if path.startswith("/data/a/") else "remote" for path in PATHS}


def test_a_place_in_a_mount_that_is_not_walked_is_refused(local: OnDisk) -> None:
    mounts = local.settings["mounts"]
    engine = open_engine({**local.settings, "mounts": {**mounts, "/other": mounts["/data"]}})
    local.put_all(PATHS)

    with pytest.raises(ValueError, match="in no mount at or below /data"):
        list(engine.walk_on("/data", "/other/z", depth=None))
