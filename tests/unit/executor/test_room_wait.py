"""A preload with ifFull=wait: it moves nothing and says why, until there is room for all, or its patience is over."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from avio.engines.admission import Admission
from avio.engines.eviction import Eviction
from avio.engines.memory import MemoryEngine
from avio.errors import CacheFull
from avio.executor import room_wait
from avio.executor.attempt import Attempt
from avio.executor.path_lines import dumped
from avio.executor.room_wait import NoRoomYet, RoomWait
from avio.executor.used_paths import few_above, used_paths
from avio.executor.worklist import FLUSH_LINES
from avio.wire.events import ProgressEvent, decode, encode
from avio.wire.orders import Order
from avio.wire.params import Params
from avio.wire.progress import Reserved
from avio.wire.results import ALL_TIERS
from avio.wire.states import JobType
from avio.wire.waiting import Why
from tests.unit.executor.conftest import FILES, SIZE, RunJob, figures


class FullCache(Admission):
    """A cache that has room at the look number `at`."""

    holds_all = True

    def __init__(self, at: int, attempt: Attempt) -> None:
        super().__init__(None)
        self.at, self.looks, self.attempt = at, 0, attempt
        self.waited: list[Any] = []

    @property
    def holds(self) -> bool:
        return True

    def complete(self, run: Any) -> None:
        self.waited.append(self.attempt.waiting.told())
        self.looks += 1
        if self.looks < self.at:
            raise CacheFull("58 MiB are needed; room for it: MEM 42 MiB")


@pytest.fixture
def full(engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch) -> FullCache:
    monkeypatch.setattr(room_wait, "LOOK_SECONDS", 0.05)
    made = FullCache(4, Attempt("JOB", 1, threads=2))
    monkeypatch.setattr(engine, "admit", lambda params: made)
    return made


def test_it_moves_nothing_before_there_is_room_and_says_why_it_waits(
    run_job: RunJob, engine: MemoryEngine, full: FullCache
) -> None:
    moved: list[int] = []
    for number in range(3 * FLUSH_LINES):
        engine.put_bucket(f"/data/more/{number:04}", b"x" * SIZE)
    engine.before_move = lambda path: moved.append(full.looks)

    files = 3 * FLUSH_LINES + len(FILES)

    result = run_job(if_full="wait", attempt=full.attempt)

    assert (result.state, figures(result)) == ("succeeded", (files, files, 0, 0))
    assert set(moved) == {4}
    first, *others = full.waited
    assert first is None
    assert {(wait.why, wait.what) for wait in others} == {(Why.TIER_FULL, "58 MiB are needed; room for it: MEM 42 MiB")}
    assert full.attempt.waiting.told() is None


def test_its_patience_ends(run_job: RunJob, full: FullCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_wait.RoomWait, "__init__", _with_little_patience)
    full.at = 1_000_000

    result = run_job(if_full="wait", attempt=full.attempt)

    assert (result.state, result.reason, result.progress.counters.files_done) == ("failed", "CACHE_FULL", 0)
    assert "no room came in time" in result.message


def _with_little_patience(self: room_wait.RoomWait, attempt: Attempt, order: Order) -> None:
    self._attempt, self._seconds, self._slot_seconds = attempt, 0.05, room_wait.SLOT_SECONDS


def _with_more_patience(self: room_wait.RoomWait, attempt: Attempt, order: Order) -> None:
    self._attempt, self._seconds, self._slot_seconds = attempt, 0.5, room_wait.SLOT_SECONDS


def test_a_cancel_ends_the_wait(run_job: RunJob, full: FullCache) -> None:
    full.at = 1_000_000
    threading.Timer(0.1, full.attempt.stop).start()
    assert run_job(if_full="wait", attempt=full.attempt).state == "stopped"


@pytest.mark.parametrize("if_full", ["fail", "evict"])
def test_no_other_job_waits(run_job: RunJob, full: FullCache, if_full: str) -> None:
    assert run_job(if_full=if_full, attempt=full.attempt).reason == "CACHE_FULL"
    assert full.looks == 1


@pytest.mark.parametrize(
    ("paths", "most", "few"),
    [
        (["/a/b/c", "/x/y"], 2, ["/a/b/c", "/x/y"]),
        (["/a/b/c", "/a/b/d", "/x/y"], 2, ["/a/b", "/x/y"]),
        (["/a/b/c", "/a/d", "/x/y"], 2, ["/a", "/x"]),
        (["/a/b", "/a/bc"], 1, ["/a"]),
        (["/a/b/c", "/a/b"], 1, ["/a/b"]),
        (["/a", "/b"], 1, ["/"]),
        (["/a/", "/"], 2, ["/", "/a"]),
        ([], 2, ["/"]),
    ],
)
def test_a_few_paths_have_all_paths_of_a_list_below_them(paths: list[str], most: int, few: list[str]) -> None:
    assert few_above(paths, most) == few


def test_a_plan_that_is_applied_uses_its_files_alone(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(dumped(["/data/a/1", "v1"]) + dumped(["/data/b", "v2"]))
    params = Params(from_file_list=True, versions=True)
    order = Order("JOB", 1, JobType.PRELOAD, params, file_list=str(tmp_path / "list"))
    assert used_paths(order) == ["/data/a/1", "/data/b"]


@pytest.mark.parametrize(
    ("asked", "used"),
    [
        ({}, ["/data"]),
        ({"alluxio_uri": None, "paths": ("/data/a", "/data/b")}, ["/data/a", "/data/b"]),
        ({"lines": FILES[:4]}, FILES[:4]),
    ],
)
def test_a_job_keeps_its_paths_from_being_dropped_while_it_runs(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch, asked: Mapping[str, Any], used: list[str]
) -> None:
    told: list[str] = []
    using = Eviction.using

    def tell(self: Eviction, paths: Any, run: Any) -> Any:
        told.extend(paths)
        return using(self, paths, run)

    monkeypatch.setattr(Eviction, "using", tell)
    more = {"from_file_list": True} if "lines" in asked else {}
    run_job(**asked, **more)
    assert told == used


@pytest.mark.parametrize(
    ("asked", "tier"), [({"tier": "MEM"}, "MEM"), ({}, None), ({"spread": True}, ALL_TIERS)], ids=str
)
def test_after_a_while_its_slot_is_for_others(
    run_job: RunJob, full: FullCache, monkeypatch: pytest.MonkeyPatch, asked: Mapping[str, Any], tier: str | None
) -> None:
    monkeypatch.setattr(room_wait, "SLOT_SECONDS", 0.05)
    monkeypatch.setattr(room_wait.RoomWait, "__init__", _with_more_patience)
    full.at, full.needed = 1_000_000, 0

    result = run_job(if_full="wait", attempt=full.attempt, **asked)

    assert (result.state, result.wants_bytes, result.wants_tier) == ("stopped", 1200, tier)
    assert result.message == "waits for room: 58 MiB are needed; room for it: MEM 42 MiB"


@pytest.mark.parametrize(("patience", "wants"), [(60.0, 60), (0.0, None)])
def test_a_job_that_did_not_fit_tells_what_it_wants_while_it_has_patience(
    run_job: RunJob, full: FullCache, monkeypatch: pytest.MonkeyPatch, patience: float, wants: int | None
) -> None:
    def refuse(run: Any) -> None:
        error = CacheFull("60 bytes are needed")
        error.needed = 60
        raise error

    monkeypatch.setattr(full, "complete", refuse)
    result = run_job(if_full="fail", tier="MEM", attempt=full.attempt, room_patience=patience)
    assert (result.state, result.wants_bytes) == ("failed", wants)


@pytest.mark.parametrize(("spares", "state"), [(True, "stopped"), (False, "failed")])
def test_a_job_that_spares_the_files_of_others_leaves_its_slot_until_those_that_load_its_files_end(
    run_job: RunJob, full: FullCache, monkeypatch: pytest.MonkeyPatch, spares: bool, state: str
) -> None:
    full.at = 1_000_000
    result = run_job(if_full="evict", attempt=full.attempt, spares=spares)
    assert (result.state, result.wants_bytes, full.spares) == (state, 0 if spares else None, spares)


def test_without_patience_it_spares_none(run_job: RunJob, full: FullCache) -> None:
    full.at = 1_000_000
    assert run_job(if_full="evict", attempt=full.attempt, spares=True, room_patience=0.0).state == "failed"


@pytest.mark.parametrize(("attempt", "once"), [(1, False), (2, True)])
def test_a_later_attempt_looks_once_and_leaves_its_slot(
    full: FullCache, monkeypatch: pytest.MonkeyPatch, attempt: int, once: bool
) -> None:
    monkeypatch.setattr(room_wait, "SLOT_SECONDS", 0.1)
    full.at = 1_000_000
    order = Order("JOB", attempt, JobType.PRELOAD, Params(if_full="wait"))
    with pytest.raises(NoRoomYet):
        RoomWait(full.attempt, order).until_there(lambda: full.complete(None), full, lambda: False)
    assert (full.looks == 1) is once


def test_its_progress_tells_what_it_was_promised(run_job: RunJob, full: FullCache) -> None:
    full.at = 1
    full.reserved = lambda: {"MEM": 1200}  # type: ignore[method-assign]
    result = run_job(if_full="wait", attempt=full.attempt)
    assert result.progress.reserved == [Reserved("MEM", 1200)]
    event = ProgressEvent("JOB", 1, 1, result.progress)
    assert decode(encode(event)) == event
