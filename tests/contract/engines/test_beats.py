"""What takes long shows that it goes on: reading back, syncing, measuring a tier, the end of an upload in parts."""

import pytest

from avio.engines.base import Side
from avio.engines.durations import COMPLETE_SECONDS, MEASURE_SECONDS, sync_seconds
from avio.engines.local.buckets import object_put
from avio.wire.params import Params
from tests.contract.engines.harness import Attempt, ObjectsHarness, OnDisk

SIZE = 9_000_000


def test_reading_back_counts_every_byte_as_it_goes(local: OnDisk) -> None:
    local.put_bucket("/data/f", b"x" * SIZE)
    local.preload()
    run = Attempt()
    entries = list(local.engine.walk("/data", depth=None, side=Side.BUCKET))

    assert [entry.in_cache for entry in local.engine.recheck(entries, Params(verify="checksum"), run)] == [True]

    assert run.read_back == SIZE


def long(silences: list[float]) -> list[float]:
    """Return those that do not wait for the next tick of a clock."""
    return [seconds for seconds in silences if seconds >= 1]


def test_a_preload_may_be_silent_while_it_measures_the_tier_and_syncs(local: OnDisk) -> None:
    local.put_bucket("/data/f", b"x" * SIZE)
    run = Attempt()

    local.preload(run=run)

    assert long(run.silences) == [MEASURE_SECONDS, sync_seconds(SIZE)]


def test_a_save_may_be_silent_while_the_bucket_ends_the_upload(local: OnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_put, "PART_BYTES", 6 << 20)
    local.put_cache("/data/f", b"x" * SIZE)
    run = Attempt()

    local.save(run=run)

    assert long(run.silences) == [COMPLETE_SECONDS if isinstance(local, ObjectsHarness) else sync_seconds(SIZE)]
    assert run.bytes == SIZE
