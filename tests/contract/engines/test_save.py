"""Save: from cache to bucket, and never over somebody else's change."""

from avio.engines.base import EntryState
from avio.errors import NotSaved
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, Harness, outcomes

DONE, SKIPPED, KEPT, FAILED = Outcome.DONE, Outcome.SKIPPED, Outcome.KEPT, Outcome.FAILED


def test_new_and_changed_files_are_saved_and_then_cached(world: Harness) -> None:
    world.put_bucket("/data/d/changed", b"old")
    world.put_bucket("/data/d/same", b"same")
    world.preload()
    world.put_cache("/data/d/changed", b"new content")
    world.put_cache("/data/d/ne w/é", b"brand new")
    run = Attempt()
    moved = world.save(run=run)
    assert outcomes(moved) == {"/data/d/changed": DONE, "/data/d/ne w/é": DONE, "/data/d/same": SKIPPED}
    assert world.read_bucket("/data/d/changed") == b"new content"
    assert world.read_bucket("/data/d/ne w/é") == b"brand new"
    assert run.bytes == 20
    assert world.temporaries() == []
    now = world.recheck(each.entry for each in moved.values())
    assert {entry.state for entry in now.values()} == {EntryState.CACHED}
    assert all(entry.saved for entry in now.values())
    assert outcomes(world.preload()) == dict.fromkeys(moved, SKIPPED)


def test_what_changed_on_both_sides_is_refused(world: Harness) -> None:
    world.put_bucket("/data/f", b"old")
    world.preload()
    world.put_cache("/data/f", b"mine")
    world.put_bucket("/data/f", b"theirs")
    moved = world.save()
    assert outcomes(moved) == {"/data/f": FAILED}
    assert isinstance(moved["/data/f"].error, NotSaved)
    assert moved["/data/f"].tries == 1
    assert world.read_bucket("/data/f") == b"theirs"
    assert world.read_cache("/data/f") == b"mine"


def test_what_changed_on_both_sides_is_overwritten_if_so_asked(world: Harness) -> None:
    world.put_bucket("/data/f", b"old")
    world.preload()
    world.put_cache("/data/f", b"mine")
    world.put_bucket("/data/f", b"theirs")
    assert outcomes(world.save(on_conflict="overwrite")) == {"/data/f": DONE}
    assert world.read_bucket("/data/f") == b"mine"
    assert world.engine.stat("/data/f").state is EntryState.CACHED


def test_a_file_that_both_sides_made_is_refused(world: Harness) -> None:
    world.put_cache("/data/f", b"mine, longer")
    world.put_bucket("/data/f", b"theirs")
    assert outcomes(world.save()) == {"/data/f": FAILED}
    assert world.read_bucket("/data/f") == b"theirs"


def test_what_was_deleted_in_the_bucket_is_not_saved_back(world: Harness) -> None:
    world.put_all(["/data/deleted", "/data/changed"])
    world.preload()
    world.put_cache("/data/changed", b"changed here too")
    world.drop_bucket("/data/deleted")
    world.drop_bucket("/data/changed")
    entry = world.engine.stat("/data/deleted")
    assert (entry.state, entry.saved, entry.may_go) == (EntryState.GONE, False, True)
    assert world.engine.stat("/data/changed").state is EntryState.DIRTY
    assert outcomes(world.save()) == {"/data/deleted": KEPT, "/data/changed": DONE}
    assert outcomes(world.save(on_conflict="overwrite")) == {"/data/deleted": KEPT, "/data/changed": SKIPPED}
    assert world.read_bucket("/data/deleted") is None
    assert world.read_bucket("/data/changed") == b"changed here too"
    assert world.engine.free("/data/deleted", recursive=False).files == 1
    assert world.read_cache("/data/deleted") is None


def test_what_is_stale_has_nothing_to_save(world: Harness) -> None:
    world.put_bucket("/data/f", b"old")
    world.preload()
    world.put_bucket("/data/f", b"newer")
    assert outcomes(world.save()) == {"/data/f": SKIPPED}
    assert world.read_bucket("/data/f") == b"newer"


def test_an_attempt_that_must_leave_saves_whole_files_or_none(world: Harness) -> None:
    contents = {f"/data/{number}": bytes([number]) * 50_000 for number in range(world.plenty)}
    for path, content in contents.items():
        world.put_cache(path, content)
    run = Attempt()
    run.stop = lambda: run.bytes > 500_000
    moved = world.save(run=run)
    assert 0 < len(moved) < len(contents)
    for path, content in contents.items():
        assert world.read_bucket(path) in (None, content)
    assert world.temporaries() == []
