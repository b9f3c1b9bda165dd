"""Free: what is saved leaves the cache, what is not stays, all or nothing."""

import pytest

from avio.engines.base import EntryState
from avio.engines.tier import Freed
from avio.errors import IsDirectory, PathNotFound, TooLarge, Unsaved
from tests.contract.engines.harness import Harness
from tests.processes import wait_until

LIMIT = 60.0  # seconds until a cluster has followed


def gone(world: Harness, *paths: str) -> bool:
    return all(world.engine.stat(path).state is EntryState.REMOTE for path in paths)


def test_a_file_is_freed_and_its_bucket_is_left_alone(world: Harness) -> None:
    world.put_all(["/data/d/a", "/data/d/b"], b"1234")
    world.preload()

    freed = world.engine.free("/data/d/a", recursive=False)

    assert freed == Freed(1, 4)
    wait_until(lambda: gone(world, "/data/d/a"), LIMIT, "the free")
    assert world.read_bucket("/data/d/a") == b"1234"
    assert world.engine.stat("/data/d/b").state is EntryState.CACHED


def test_a_directory_is_freed_with_all_below_it_if_so_asked(world: Harness) -> None:
    world.put_all(["/data/d/a", "/data/d/e/b", "/data/other"], b"1234")
    world.preload()

    with pytest.raises(IsDirectory, match="/data/d"):
        world.engine.free("/data/d", recursive=False)
    assert world.engine.stat("/data/d").state is EntryState.CACHED

    assert world.engine.free("/data/d", recursive=True) == Freed(2, 8)
    wait_until(lambda: gone(world, "/data/d"), LIMIT, "the free")
    assert world.engine.stat("/data/other").state is EntryState.CACHED


def test_nothing_is_freed_when_a_file_is_not_saved(world: Harness) -> None:
    world.put_all(["/data/d/a", "/data/d/z"], b"1234")
    world.preload()
    world.put_cache("/data/d/new", b"never saved")

    for path in ("/data/d", "/data/d/new"):
        with pytest.raises(Unsaved, match="/data/d/new"):
            world.engine.free(path, recursive=True)

    assert world.read_cache("/data/d/new") == b"never saved"
    assert world.engine.stat("/data/d/a").state is EntryState.CACHED

    # Once it is saved, it may go
    world.save()
    assert world.engine.free("/data/d", recursive=True).files == 3
    wait_until(lambda: gone(world, "/data/d"), LIMIT, "the free")
    assert world.read_bucket("/data/d/new") == b"never saved"


def test_what_is_not_cached_costs_nothing_to_free(world: Harness) -> None:
    world.put_all(["/data/a"])

    assert world.engine.free("/data", recursive=True) == Freed(0, 0)
    assert world.engine.free("/data/a", recursive=False) == Freed(0, 0)
    with pytest.raises(PathNotFound):
        world.engine.free("/data/none", recursive=True)


def test_more_than_the_limit_is_not_freed(world: Harness) -> None:
    world.put_all(f"/data/{number}" for number in range(3))
    world.preload()

    with pytest.raises(TooLarge):
        world.engine.free("/data", recursive=True, limit=2)

    assert world.engine.stat("/data").state is EntryState.CACHED
    assert world.engine.free("/data", recursive=True, limit=3).files == 3


def test_the_tiers_tell_what_they_hold(world: Harness) -> None:
    world.put_all(["/data/a"], b"x" * 1000)
    world.preload()

    tiers = world.engine.capacity()

    assert [tier.alias for tier in tiers][:2] == ["MEM", "SSD"]
    assert world.engine.aliases() >= {"MEM", "SSD"}
    assert all(0 <= tier.used <= tier.capacity for tier in tiers)
    wait_until(lambda: world.engine.capacity()[0].used >= 1000, 120, "the bytes are counted")
