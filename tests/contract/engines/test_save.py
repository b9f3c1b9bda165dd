"""Save: from cache to bucket, and never over somebody else's change."""

import time

import pytest

from avio.engines.base import EntryState, Side
from avio.errors import NotSaved
from avio.wire.params import Params
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
    freed = world.engine.free("/data/deleted", recursive=False)
    assert (freed.files, freed.gone) == (1, 1)
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


def put_both(world: Harness, newer: str = "") -> None:
    """Make a file that was preloaded and changed here, one that changed on both sides, and a new one.

    The side `newer`, cache or bucket, changes later, by its own clock.
    """
    world.put_all(["/data/changed", "/data/both"], b"old")
    world.preload()
    for side in ("bucket", "cache") if newer == "cache" else ("cache", "bucket"):
        time.sleep(1.1 if newer else 0)  # S3 shows whole seconds
        if side == "bucket":
            world.put_bucket("/data/both", b"theirs")
        else:
            for name in ("changed", "both", "new"):
                world.put_cache(f"/data/{name}", b"mine")


OVERWRITES = {
    "different": {"changed": DONE, "both": FAILED, "new": DONE},
    "never": {"changed": KEPT, "both": KEPT, "new": DONE},
    "fail": {"changed": FAILED, "both": FAILED, "new": DONE},
    "always": {"changed": DONE, "both": DONE, "new": DONE},
}


@pytest.mark.parametrize("overwrite", OVERWRITES)
def test_overwrite_says_which_objects_a_save_replaces(world: Harness, overwrite: str) -> None:
    put_both(world)
    expected = OVERWRITES[overwrite]
    saved = outcomes(world.save(overwrite=overwrite))
    assert saved == {f"/data/{name}": outcome for name, outcome in expected.items()}
    for name, outcome in expected.items():
        untouched = {"changed": b"old", "both": b"theirs"}.get(name)
        assert world.read_bucket(f"/data/{name}") == (b"mine" if outcome is DONE else untouched)
        assert world.read_cache(f"/data/{name}") == b"mine"


def test_a_save_that_replaces_nothing_says_what_would_replace_either_object(world: Harness) -> None:
    put_both(world)
    for name, error in ((each, world.save(overwrite="fail")[f"/data/{each}"].error) for each in ("changed", "both")):
        assert error is not None
        assert "use overwrite=different, or overwrite=always if it changed too" in error.cure
        assert outcomes(world.save(overwrite="different" if name == "changed" else "always"))[f"/data/{name}"] is DONE


@pytest.mark.parametrize("newer", ["cache", "bucket"])
def test_a_newer_file_replaces_its_object_and_an_older_one_does_not(world: Harness, newer: str) -> None:
    put_both(world, newer)
    saved = outcomes(world.save(overwrite="newer", on_conflict="overwrite"))
    assert saved == {"/data/changed": DONE, "/data/both": DONE if newer == "cache" else KEPT, "/data/new": DONE}
    assert world.read_bucket("/data/both") == (b"mine" if newer == "cache" else b"theirs")


def test_a_newer_file_whose_object_changed_too_is_refused_unless_asked_otherwise(world: Harness) -> None:
    put_both(world, newer="cache")
    assert outcomes(world.save(overwrite="newer"))["/data/both"] is FAILED
    assert world.read_bucket("/data/both") == b"theirs"


def test_a_save_that_overwrites_always_puts_what_the_bucket_has_already(world: Harness) -> None:
    world.put_cache("/data/f", b"mine")
    world.save()
    assert outcomes(world.save(overwrite="always")) == {"/data/f": DONE}
    assert world.engine.stat("/data/f").state is EntryState.CACHED


def test_an_engine_tells_which_objects_a_save_spares(world: Harness) -> None:
    put_both(world, newer="bucket")
    entries = list(world.engine.walk("/data", depth=None, side=Side.SAVE))
    for overwrite, spared in [("never", {"/data/changed", "/data/both"}), ("newer", {"/data/both"}), ("fail", set())]:
        params = Params(overwrite=overwrite)
        assert {entry.path for entry in entries if world.engine.spares(entry, params)} == spared
