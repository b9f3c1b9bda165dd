"""Preload: from bucket to cache, whole and once."""

import pytest

from avio.engines.base import EntryState
from avio.errors import CacheFull, Gone, Unsupported
from avio.wire.options import Ability
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.conftest import MakeHarness
from tests.contract.engines.harness import Attempt, Harness, outcomes

DONE, SKIPPED, KEPT, FAILED = Outcome.DONE, Outcome.SKIPPED, Outcome.KEPT, Outcome.FAILED


def test_every_file_arrives_byte_by_byte(world: Harness) -> None:
    contents = {f"/data/d{number % 3}/ü {number}": bytes([number]) * number * 1000 for number in range(40)}
    for path, content in contents.items():
        world.put_bucket(path, content)
    run = Attempt()
    moved = world.preload(run=run)
    assert outcomes(moved) == dict.fromkeys(contents, DONE)
    assert {path: world.read_cache(path) for path in contents} == contents
    assert run.bytes == sum(each.bytes for each in moved.values()) == sum(map(len, contents.values()))
    assert world.temporaries() == []
    assert world.engine.stat("/data").state is EntryState.CACHED


def test_the_copy_keeps_the_time_of_its_source(world: Harness) -> None:
    world.put_all(["/data/f"])
    before = world.engine.stat("/data/f").modified
    world.preload()
    assert world.engine.stat("/data/f").modified == before


def test_what_is_fresh_is_skipped(world: Harness) -> None:
    world.put_all(["/data/a", "/data/b"])
    world.preload("/data/a")
    run = Attempt()
    assert outcomes(world.preload(run=run)) == {"/data/a": SKIPPED, "/data/b": DONE}
    assert run.bytes == len(b"content")


def test_what_changed_in_the_bucket_is_stale_and_fetched_again(world: Harness) -> None:
    world.put_bucket("/data/f", b"old")
    world.preload()
    world.put_bucket("/data/f", b"new")
    entry = world.engine.stat("/data/f")
    assert (entry.state, entry.in_cache, entry.saved) == (EntryState.STALE, False, True)
    assert outcomes(world.preload()) == {"/data/f": DONE}
    assert world.read_cache("/data/f") == b"new"
    assert world.engine.stat("/data/f").state is EntryState.CACHED


def test_what_is_dirty_is_never_overwritten(world: Harness) -> None:
    world.put_bucket("/data/f", b"old")
    world.preload()
    world.put_cache("/data/f", b"mine")
    world.put_bucket("/data/f", b"theirs")
    assert world.engine.stat("/data/f").state is EntryState.CONFLICT
    assert outcomes(world.preload()) == {"/data/f": KEPT}
    assert world.read_cache("/data/f") == b"mine"


def test_the_first_tier_is_taken_or_the_one_asked_for(world: Harness) -> None:
    world.put_all(["/data/a", "/data/b"])
    assert world.preload("/data/a")["/data/a"].tier == "MEM"
    assert world.preload("/data/b", tier="SSD")["/data/b"].tier == "SSD"
    assert world.engine.stat("/data").tiers == {"MEM": 7, "SSD": 7}


def test_a_file_moves_to_the_tier_asked_for(world: Harness) -> None:
    world.put_all(["/data/f"])
    world.preload()
    assert outcomes(world.preload(tier="SSD")) == {"/data/f": DONE}
    assert world.engine.stat("/data/f").tiers == {"SSD": 7}
    assert world.read_cache("/data/f") == b"content"


def test_a_tier_that_is_not_there_ends_the_job(world: Harness) -> None:
    world.put_all(["/data/f"])
    with pytest.raises(Unsupported):
        world.preload(tier="TAPE")


def test_a_full_tier_gives_way_to_the_next(make: MakeHarness) -> None:
    world = make(100)
    world.put_all([f"/data/{number}" for number in range(3)], b"x" * 60)
    with pytest.raises(CacheFull):
        world.preload(run=Attempt(threads=1), spread=True)
    assert [(tier.alias, tier.capacity, tier.used, tier.free) for tier in world.engine.capacity()] == [
        ("MEM", 100, 60, 40),
        ("SSD", 100, 60, 40),
    ]
    assert world.temporaries() == []


def test_what_does_not_fit_fails_alone_if_so_asked(make: MakeHarness) -> None:
    world = make(100)
    world.put_all([f"/data/{number}" for number in range(4)], b"x" * 60)
    moved = world.preload(if_full="partial", spread=True)
    assert sorted(outcomes(moved).values()) == [DONE, DONE, FAILED, FAILED]
    assert all(isinstance(each.error, CacheFull) for each in moved.values() if each.outcome is FAILED)


def test_all_files_go_to_one_tier_unless_they_may_spread(make: MakeHarness) -> None:
    world = make(100)
    if Ability.SPREAD not in world.engine.abilities:
        pytest.skip("each file goes where its workers have room")
    world.put_all([f"/data/{number}" for number in range(4)], b"x" * 40)
    with pytest.raises(CacheFull):
        world.preload(run=Attempt(threads=1))
    assert set(world.engine.stat("/data").tiers) == {"MEM"}
    moved = world.preload(if_full="partial")
    assert {each.tier for each in moved.values() if each.outcome is DONE} == {"SSD"}
    assert len({each.tier for each in world.preload(spread=True).values()}) == 2


def test_a_file_that_is_gone_fails_alone(world: Harness) -> None:
    world.put_all(["/data/a", "/data/b"])
    entries = [world.engine.stat("/data/a"), world.engine.stat("/data/b")]
    world.drop_bucket("/data/a")
    moved = {each.entry.path: each for each in world.engine.preload(entries, Params(), Attempt())}
    assert outcomes(moved) == {"/data/a": FAILED, "/data/b": DONE}
    assert isinstance(moved["/data/a"].error, Gone)
    assert world.read_cache("/data/a") is None


def test_an_attempt_that_must_leave_leaves_nothing_half_done(world: Harness) -> None:
    contents = {f"/data/{number}": bytes([number]) * 50_000 for number in range(world.plenty)}
    for path, content in contents.items():
        world.put_bucket(path, content)
    run = Attempt()
    run.stop = lambda: run.bytes > 1_700_000  # more than are under way at once, which may arrive together
    moved = world.preload(run=run)
    assert 0 < len(moved) < len(contents)
    for path, content in contents.items():
        assert world.read_cache(path) in (None, content)
    assert world.temporaries() == []


def test_a_recheck_finds_what_was_removed_meanwhile(world: Harness) -> None:
    world.put_all(["/data/a", "/data/b"])
    entries = [each.entry for each in world.preload().values()]
    world.drop_cache("/data/a")
    now = world.recheck(entries)
    assert now["/data/a"].state is EntryState.REMOTE
    assert not now["/data/a"].in_cache
    assert now["/data/b"].state is EntryState.CACHED


def test_a_recheck_knows_a_file_that_is_nowhere(world: Harness) -> None:
    world.put_all(["/data/a"])
    entries = [world.engine.stat("/data/a")]
    world.drop_bucket("/data/a")
    entry = world.recheck(entries)["/data/a"]
    assert (entry.state, entry.size, entry.saved) == (EntryState.REMOTE, 0, False)


def test_a_recheck_sees_a_source_that_changed(world: Harness) -> None:
    world.put_bucket("/data/a", b"old")
    entries = [each.entry for each in world.preload().values()]
    world.put_bucket("/data/a", b"newer")
    world.preload()
    assert world.recheck(entries)["/data/a"].state is EntryState.CACHED
