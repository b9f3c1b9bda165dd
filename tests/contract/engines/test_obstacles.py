"""What is in the way of a path, in the bucket or in a tier, is named."""

from pathlib import Path

import pytest

from avio.engines.base import Side
from avio.engines.left_out import LeftOut, Symlink
from avio.errors import PathNotFound, StoreError
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, FilesHarness


@pytest.fixture
def world(tmp_path: Path) -> FilesHarness:
    return FilesHarness(tmp_path)


def walk(world: FilesHarness, path: str, side: Side) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the paths of a walk, and what it leaves out, with reasons."""
    left: list[LeftOut] = []
    found = [entry.path for entry in world.engine.walk(path, depth=None, side=side, left_out=left.append)]
    return found, [(each.path, each.reason) for each in left]


def followed(world: FilesHarness) -> None:
    """Load a directory under the name of a symlink too."""
    world.put_bucket("/data/real/f", b"content")
    (world.bucket / "link").symlink_to("real")
    entries = world.engine.walk("/data", depth=None, side=Side.BUCKET, follow=True)
    list(world.engine.preload(entries, Params(), Attempt()))


def test_a_save_below_a_symlink_of_the_bucket_names_the_symlink(world: FilesHarness) -> None:
    followed(world)
    world.put_cache("/data/link/f", b"changed here")
    world.put_cache("/data/link/new", b"new here")

    moved = world.save()

    assert moved["/data/real/f"].outcome is Outcome.SKIPPED
    for path in ("/data/link/f", "/data/link/new"):
        error = moved[path].error
        assert isinstance(error, StoreError)
        assert error.message.endswith(f"{world.bucket}/link is a symlink")
        assert error.cure
    assert world.read_bucket("/data/real/f") == b"content"
    assert not (world.bucket / "real/new").exists()
    assert world.temporaries() == []


def test_a_save_below_a_file_of_the_bucket_names_the_file(world: FilesHarness) -> None:
    world.put_bucket("/data/d", b"a file")
    world.put_cache("/data/d/f", b"content")

    error = world.save()["/data/d/f"].error

    assert isinstance(error, StoreError)
    assert error.message.endswith(f"{world.bucket}/d is a file")


@pytest.mark.parametrize("path", ["/data/link", "/data/link/f", "/data/link/f/g"])
@pytest.mark.parametrize("cached", [True, False])
def test_a_preload_of_a_symlink_of_the_bucket_or_below_it_names_it(
    world: FilesHarness, path: str, cached: bool
) -> None:
    if cached:
        followed(world)
    else:
        world.put_bucket("/data/real/f", b"content")
        (world.bucket / "link").symlink_to("real")
    if path == "/data/link/f" and cached:
        assert walk(world, path, Side.CACHE)[0] == [path]
        return
    with pytest.raises(PathNotFound, match="/data/link is a symlink"):
        walk(world, path, Side.BUCKET)


@pytest.mark.parametrize("path", ["/data/d", "/data/d/f", "/data/d/e/f"])
@pytest.mark.parametrize("side", [Side.CACHE, Side.SAVE])
def test_a_symlink_in_the_place_of_a_directory_of_a_tier_is_left_out_by_name(
    world: FilesHarness, path: str, side: Side
) -> None:
    world.put_all(["/data/d/f", "/data/d/e/f"])
    (world.tiers[0] / "data/other").mkdir(parents=True)
    (world.tiers[0] / "data/d").symlink_to("other")

    assert walk(world, path, side) == ([], [("/data/d", Symlink.reason)])
    error = world.preload("/data/d/f")["/data/d/f"].error
    assert isinstance(error, StoreError)
    assert "/data/d is a symlink" in error.message


def test_a_cached_file_with_the_name_of_a_folder_of_the_bucket_is_named(world: FilesHarness) -> None:
    world.put_bucket("/data/d/f", b"content")
    world.put_cache("/data/d", b"a file")

    moved = world.preload("/data/d")

    assert list(moved) == ["/data/d/f"]
    assert isinstance(moved["/data/d/f"].error, StoreError)
    assert "/data/d is a file" in str(moved["/data/d/f"].error)
    assert walk(world, "/data/d", Side.SAVE)[0] == ["/data/d"]
    with pytest.raises(PathNotFound, match="/data/d is a file in tier MEM"):
        walk(world, "/data/d/f", Side.SAVE)
    assert world.read_cache("/data/d") == b"a file"
