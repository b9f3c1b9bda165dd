"""Saved files that could get no stamp, and bytes that differ from the bucket's."""

import os

import pytest

from avio.engines.base import Entry, EntryState
from avio.engines.local.buckets import object_put
from avio.engines.local.engine import LocalEngine
from avio.engines.local.transfer import upload
from avio.wire.results import Outcome
from tests.contract.engines.harness import ObjectsHarness, OnDisk, outcomes

DONE, SKIPPED, KEPT, FAILED = Outcome.DONE, Outcome.SKIPPED, Outcome.KEPT, Outcome.FAILED
UNSAVED = (EntryState.DIRTY, EntryState.CONFLICT)


def unstamped(*_: object) -> bool:
    return False


def entries_of(local: OnDisk, **params: str) -> list[Entry]:
    return [each.entry for each in local.save(**params).values()]


@pytest.mark.parametrize("size", [1000, 12 << 20], ids=["one-part", "parts"])
def test_a_save_that_can_leave_no_stamp_is_verified_by_what_it_sent(
    local: OnDisk, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(upload, "write_stamp", unstamped)
    local.put_cache("/data/f", os.urandom(size))

    entries = entries_of(local)

    assert local.recheck(entries)["/data/f"].state is EntryState.CACHED
    assert outcomes(local.save()) == {"/data/f": SKIPPED}


def test_a_save_that_died_before_its_stamp_is_recognised(local: OnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    local.put_bucket("/data/f", b"old")
    local.preload()
    local.put_cache("/data/f", b"new result")
    monkeypatch.setattr(upload, "write_stamp", unstamped)
    local.save()
    monkeypatch.undo()
    again = type(local.engine).from_settings(local.settings) if isinstance(local.engine, LocalEngine) else local.engine
    local.engine = again

    assert local.engine.stat("/data/f").state is EntryState.CACHED
    assert outcomes(local.save()) == {"/data/f": SKIPPED}
    assert local.engine.list("/data", depth=1, size=9).entries[0].state is EntryState.CACHED
    assert local.engine.free("/data", recursive=True).files == 1


def test_bytes_that_differ_are_no_save_of_ours(local: OnDisk) -> None:
    local.put_cache("/data/f", b"mine")
    local.put_bucket("/data/f", b"hers")

    assert outcomes(local.save()) == {"/data/f": FAILED}
    assert local.read_bucket("/data/f") == b"hers"


def test_an_object_of_parts_is_recognised_by_its_etag(local: OnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_put, "PART_BYTES", 5 << 20)
    monkeypatch.setattr(upload, "write_stamp", unstamped)
    local.put_cache("/data/parts", b"a" + os.urandom(12 << 20))
    local.save()
    local.engine = type(local.engine).from_settings(local.settings)  # type: ignore[attr-defined]

    assert local.engine.stat("/data/parts").state is EntryState.CACHED
    file = local.tiers[0] / "data/parts"
    with open(file, "r+b") as part:
        part.write(b"x")
    expected = EntryState.CONFLICT
    assert local.engine.stat("/data/parts").state is expected


def test_a_conflict_is_never_counted_as_cached(local: OnDisk) -> None:
    local.put_bucket("/data/f", b"old")
    local.preload()
    local.put_cache("/data/f", b"local scribble")
    local.put_bucket("/data/f", b"the bucket's new version")

    entry = local.engine.stat("/data/f")

    assert (entry.state, entry.in_cache, entry.saved) == (EntryState.CONFLICT, False, False)
    assert not local.engine.holds(entry, None)
    assert isinstance(local, ObjectsHarness) or local.settings
