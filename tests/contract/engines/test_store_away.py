"""A store that is away for a while costs time, and no file."""

import itertools
import threading
import time
from pathlib import Path

import pytest

from avio.engines import retry
from avio.engines.base import Entry, EntryState, Moved, Side
from avio.engines.local import store_gate
from avio.engines.local.workers import retried
from avio.errors import EngineAway
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt
from tests.contract.engines.lying_store import Reply, Store, error
from tests.contract.engines.test_other_bytes import World
from tests.processes import slowness

FILES = 60
AWAY_SECONDS = 1.6  # longer than the tries of a file, all in all


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """All pauses ten times shorter than in the product, in the same proportions."""
    monkeypatch.setattr(retry, "ENTRY_BACKOFF_SECONDS", 0.02)
    monkeypatch.setattr(retry, "MAX_BACKOFF_SECONDS", 0.2)
    monkeypatch.setattr(store_gate, "PAUSES_SECONDS", (0.1, 0.5, 1.5))


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    return World(tmp_path, ("s3://b", store.options), 1 << 30)


def _away_midway(store: Store, method: str, *, all_requests: bool) -> None:
    """Answer 503 from the tenth request of `method` on, for AWAY_SECONDS."""
    began: list[float] = []

    def refuse(asked: str, key: str) -> Reply | None:
        if not began and store.count(method) >= 10:
            began.append(time.monotonic())
        away = began and time.monotonic() - began[0] < AWAY_SECONDS and (all_requests or asked == method)
        return error(503, "SlowDown") if away else None

    store.before = refuse


@pytest.mark.parametrize("all_requests", [True, False], ids=["all", "GETs alone"])
def test_a_preload_waits_for_a_store_that_is_away_midway(world: World, store: Store, all_requests: bool) -> None:
    for number in range(FILES):
        store.put(f"f{number}", b"x" * 1000)
    entries = list(world.engine.walk("/data", depth=None, side=Side.BUCKET))
    _away_midway(store, "GET", all_requests=all_requests)
    moved = list(world.engine.preload(entries, Params(), Attempt()))
    assert [each.outcome for each in moved] == [Outcome.DONE] * FILES


@pytest.mark.parametrize("moved_at", [1, 2], ids=["before the store went", "when it came back"])
def test_files_that_moved_beside_one_round_of_tries_prove_nothing(
    moved_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "MAX_TRIES", 1)
    run = Attempt()
    gate = store_gate.StoreGate(lambda entry: True, run)
    rounds = itertools.count(1)

    def move(entry: Entry) -> Moved:
        this = next(rounds)
        if this == moved_at:
            gate.succeeded()  # another file
        if this <= 2:
            raise EngineAway("503")
        return Moved(entry, Outcome.DONE)

    entry = Entry("/data/f", "file", 1, None, EntryState.REMOTE)
    assert retried(move, run, gate)(entry).outcome is Outcome.DONE


def test_a_save_waits_for_a_store_that_is_away_midway(world: World, store: Store) -> None:
    for number in range(FILES):
        world.put_cache(f"/data/f{number}", b"x" * 1000)
    _away_midway(store, "PUT", all_requests=True)
    assert [str(each.error) for each in world.save().values() if each.outcome is not Outcome.DONE] == []
    assert len(store.objects) == FILES


def test_one_object_that_the_store_cannot_give_fails_alone(world: World, store: Store) -> None:
    for number in range(FILES):
        store.put(f"f{number}", b"x" * 1000)
    store.lie = lambda method, key, reply: error(503, "SlowDown") if (method, key) == ("GET", "f7") else reply
    moved = world.preload()
    assert {path for path, each in moved.items() if each.outcome is Outcome.FAILED} == {"/data/f7"}
    assert isinstance(moved["/data/f7"].error, EngineAway)


@pytest.mark.faults
def test_a_store_that_stays_away_ends_the_work_with_its_name(
    world: World, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_gate, "AWAY_SECONDS", 0.8)
    monkeypatch.setattr(store_gate, "PROBE_SECONDS", 0.1)
    for number in range(FILES):
        store.put(f"f{number}", b"x" * 1000)
    entries = list(world.engine.walk("/data", depth=None, side=Side.BUCKET))
    store.lie = lambda method, key, reply: error(503, "SlowDown")
    with pytest.raises(EngineAway, match="s3://b"):
        list(world.engine.preload(entries, Params(), Attempt()))


def test_an_attempt_that_must_stop_does_not_wait_for_the_store(world: World, store: Store) -> None:
    store.put("f", b"x" * 1000)
    entries = list(world.engine.walk("/data", depth=None, side=Side.BUCKET))
    store.lie = lambda method, key, reply: error(503, "SlowDown")
    run, stop = Attempt(), threading.Event()
    run.stop = stop.is_set
    threading.Timer(1.2, stop.set).start()
    begin = time.monotonic()
    assert list(world.engine.preload(entries, Params(), run)) == []
    assert time.monotonic() - begin < 7 * slowness()
