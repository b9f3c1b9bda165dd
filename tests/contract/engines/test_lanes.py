"""Large files have no more requests under way than the job may have at once, however large they are."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from avio.engines.cancel import Stopped
from avio.engines.local.buckets import object_fetch, object_put, ranged_fetch
from avio.engines.local.buckets.lanes import BUSY_LANES, MAX_MORE, Lanes
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, outcomes
from tests.contract.engines.lying_store import Reply, Store, lying_store
from tests.contract.engines.test_limits import Counting
from tests.contract.engines.test_other_bytes import World

MIB = 1 << 20


def counted(store: Store, method: str) -> Counting:
    """Count the requests by `method` that are under way at once; each takes a moment."""
    counting = Counting()

    def before(asked: str, key: str) -> Reply | None:
        if asked == method:
            with counting:
                time.sleep(0.1)
        return None

    store.before = before
    return counting


@pytest.mark.parametrize("most", [1, 3, None])
def test_parts_of_large_files(tmp_path: Path, most: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_put, "PART_BYTES", MIB)
    with lying_store() as store:
        world = World(tmp_path, ("s3://b", store.options), 1 << 30)
        for name in ("f", "g"):
            world.put_cache(f"/data/{name}", bytes(6 * MIB))
        parts = counted(store, "PUT")
        run = Attempt()
        run.concurrency = most

        assert set(outcomes(world.save(run=run)).values()) == {Outcome.DONE}

    assert parts.most == most if most else parts.most > 3


@pytest.mark.parametrize("most", [1, 3])
def test_ranges_of_large_objects(tmp_path: Path, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_fetch, "LARGE_BYTES", 2 * MIB)
    monkeypatch.setattr(ranged_fetch, "RANGE_BYTES", MIB // 2)
    monkeypatch.setattr(ranged_fetch, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(ranged_fetch, "WORTH_IT", 0)
    with lying_store() as store:
        world = World(tmp_path, ("s3://b", store.options), 1 << 30)
        for name in ("f", "g"):
            store.put(name, bytes(6 * MIB))
        gets = counted(store, "GET")
        run = Attempt()
        run.concurrency = most

        assert set(outcomes(world.preload(run=run)).values()) == {Outcome.DONE}

    assert gets.most == most


@pytest.mark.parametrize(("share", "most"), [(0.0, BUSY_LANES), (float("inf"), MAX_MORE + 1)])
def test_a_process_whose_processor_is_the_limit_has_few_connections(
    tmp_path: Path, share: float, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_fetch, "LARGE_BYTES", 2 * MIB)
    monkeypatch.setattr(ranged_fetch, "RANGE_BYTES", MIB // 8)
    monkeypatch.setattr(ranged_fetch, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(ranged_fetch, "WORTH_IT", 0)
    monkeypatch.setattr(ranged_fetch, "BUSY_SHARE", share)
    with lying_store() as store:
        world = World(tmp_path, ("s3://b", store.options), 1 << 30)
        store.put("f", bytes(8 * MIB))
        gets = counted(store, "GET")

        assert set(outcomes(world.preload()).values()) == {Outcome.DONE}

    assert gets.most == most


def test_connections_count_their_processor_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_fetch, "LARGE_BYTES", 2 * MIB)
    with lying_store() as store:
        world = World(tmp_path, ("s3://b", store.options), 1 << 30)
        store.put("f", bytes(32 * MIB))
        engine: Any = world.engine
        [mount] = engine._mounts
        began = time.process_time()

        assert set(outcomes(world.preload()).values()) == {Outcome.DONE}

        assert 0 < mount.bucket._lanes.spent <= time.process_time() - began


def test_a_limit_that_becomes_lower_takes_connections_away() -> None:
    lanes, run = Lanes(), Attempt()
    lanes.begin()
    taken = 0
    while lanes.take(run):
        taken += 1
    assert taken == MAX_MORE
    run.concurrency = taken
    assert lanes.too_many(run)
    lanes.give()
    assert not lanes.too_many(run)
    assert not lanes.take(run)


def test_a_part_that_waits_leaves_with_its_attempt() -> None:
    lanes, run = Lanes(), Attempt()
    run.concurrency = 1
    lanes.begin()
    left = threading.Event()
    with pytest.raises(Stopped), lanes.part(run, lambda: left.set() or left.is_set()):  # type: ignore[func-returns-value]
        pytest.fail("a part went beside another connection")
