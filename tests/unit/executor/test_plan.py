"""Plans: the figures of the job that comes after, a line for each file, and nothing that moves."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avio.engines.eviction import Eviction
from avio.engines.left_out import LeftOut, Symlink
from avio.engines.memory import MemoryEngine
from avio.engines.tier import Tier
from avio.errors import EngineAway
from avio.executor import patience, plan_notices
from avio.executor import run as running
from avio.executor.attempt import Attempt
from avio.wire.orders import Order
from avio.wire.params import Params
from avio.wire.plans import Plan
from avio.wire.results import Result
from avio.wire.states import JobType
from tests.unit.executor.conftest import FILES, SIZE, RunJob

VERBS = {"preload": JobType.PRELOAD, "save": JobType.SAVE}


def lines(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / "entries.jsonl").read_bytes().splitlines()]


def planned(result: Result) -> Plan:
    assert (result.state, result.reason) == ("succeeded", None), result.message
    assert result.plan is not None
    return result.plan


def reasons(plan: Plan) -> list[str]:
    return [notice.reason for notice in plan.warnings]


def test_a_plan_of_a_preload_counts_what_is_in_place_and_what_is_not_and_moves_nothing(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path
) -> None:
    run_job(alluxio_uri="/data/a")
    cached = dict(engine.cache)

    result = run_job(JobType.PLAN, plan_of="preload")

    plan = planned(result)
    assert (plan.files, plan.files_in_place, plan.files_to_move) == (12, 4, 8)
    assert (plan.bytes, plan.bytes_in_place, plan.bytes_to_move) == (12 * SIZE, 4 * SIZE, 8 * SIZE)
    assert result.message == plan.summary == "would load 8 files, 800 B; 4 in place; 1.0 TiB free on MEM: fits"
    assert engine.cache == cached
    assert result.verified_files is None
    actions = {line["path"]: (line["action"], line["size"], line["state"]) for line in lines(tmp_path)}
    assert actions["/data/a/0"] == ("skip", SIZE, "cached")
    assert actions["/data/b/0"] == ("load", SIZE, "remote")
    assert sorted(actions) == sorted(FILES)
    assert all(line["version"] for line in lines(tmp_path))


def test_a_plan_takes_no_room(run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def admit(params: Params) -> None:
        raise AssertionError("room was taken")

    monkeypatch.setattr(engine, "admit", admit)

    assert planned(run_job(JobType.PLAN, plan_of="preload")).fits is True


def test_a_cache_that_does_not_answer_leaves_the_room_unknown(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def capacity() -> None:
        raise EngineAway("no web port")

    monkeypatch.setattr(engine, "capacity", capacity)

    plan = planned(run_job(JobType.PLAN, plan_of="preload"))

    assert (plan.fits, plan.tiers, reasons(plan)) == (None, [], ["ROOM_UNKNOWN"])


def test_a_plan_of_a_save_counts_what_is_unsaved_and_the_objects_in_the_way(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path
) -> None:
    run_job()
    engine.put_cache("/data/a/0", b"mine")
    engine.put_cache("/data/a/1", b"mine too")
    engine.put_bucket("/data/a/1", b"theirs")

    plan = planned(run_job(JobType.PLAN, plan_of="save"))

    assert plan.summary == "would save 1 file, 4 B; 10 in place, 1 to fail"
    assert (plan.files_dirty, plan.files_conflict, plan.files_failed) == (1, 1, 1)
    assert reasons(plan) == ["SAVE_CONFLICT"]
    assert {line["path"]: line["action"] for line in lines(tmp_path)}["/data/a/1"] == "fail"

    forced = planned(run_job(JobType.PLAN, plan_of="save", on_conflict="overwrite"))

    assert (forced.files_to_move, forced.files_failed) == (2, 0)


def test_a_plan_of_nothing_says_why_and_is_no_failure(run_job: RunJob) -> None:
    plan = planned(run_job(JobType.PLAN, plan_of="preload", filters=("- **",)))

    assert (plan.files, plan.files_excluded) == (0, 12)
    assert plan.summary == "would load nothing: no file matches"
    assert reasons(plan) == ["NOTHING_MATCHED"]


def test_a_plan_says_on_which_tiers_it_fits(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "capacity", lambda: (Tier("MEM", 1000, 0), Tier("SSD", 5000, 4300)))

    small = planned(run_job(JobType.PLAN, plan_of="preload", alluxio_uri="/data/b"))
    large = planned(run_job(JobType.PLAN, plan_of="preload"))
    spread = planned(run_job(JobType.PLAN, plan_of="preload", spread=True))

    assert [(tier.alias, tier.free, tier.fits) for tier in small.tiers] == [("MEM", 1000, True), ("SSD", 700, False)]
    assert small.fits is True
    assert small.summary == "would load 8 files, 800 B; 1000 B free on MEM: fits"
    assert large.fits is False
    assert reasons(large) == ["CACHE_FULL"]
    assert large.summary.endswith("does not fit")
    assert spread.fits is True


def test_a_plan_says_what_others_were_promised_and_what_would_be_dropped(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiers = (Tier("MEM", 2000, 900, available=500, reserved=600), Tier("SSD", 1300, 1300))
    monkeypatch.setattr(engine, "capacity", lambda: tiers)
    monkeypatch.setattr(Eviction, "droppable_by_tier", lambda self: {"MEM": 800, "SSD": 100})

    fail = planned(run_job(JobType.PLAN, plan_of="preload"))
    evict = planned(run_job(JobType.PLAN, plan_of="preload", if_full="evict"))
    wait = planned(run_job(JobType.PLAN, plan_of="preload", if_full="wait"))

    assert (fail.fits, fail.tiers[0].reserved, fail.tiers[0].droppable) == (False, 600, 0)
    assert (evict.fits, evict.evicts) == (True, 700)
    assert [(tier.fits, tier.droppable) for tier in evict.tiers] == [(True, 800), (False, 100)]
    promised = "500 B free on MEM (running jobs were promised 600 B more on MEM)"
    assert evict.summary.endswith(f"{promised}: fits; 700 B of other data give way")
    assert wait.summary.endswith("does not fit; ifFull=wait waits for room")


@pytest.mark.parametrize("if_full", ["fail", "wait"])
def test_a_plan_says_that_a_preload_can_never_fit(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch, if_full: str
) -> None:
    monkeypatch.setattr(engine, "capacity", lambda: (Tier("MEM", 1100, 0),))
    plan = planned(run_job(JobType.PLAN, plan_of="preload", if_full=if_full))
    assert plan.fits is False
    assert ("can never fit" in plan.warnings[0].message) == (if_full == "wait")
    assert plan.summary.endswith("on MEM: can never fit" if if_full == "wait" else "on MEM: does not fit")
    assert "POST /free" not in plan.warnings[0].message


def test_in_a_cache_that_drops_files_a_plan_says_how_much_gives_way(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "capacity", lambda: (Tier("MEM", 2000, 1700, gives_way=True),))

    plan = planned(run_job(JobType.PLAN, plan_of="preload"))

    assert (plan.fits, plan.evicts) == (True, 900)
    assert plan.summary.endswith("300 B free on MEM: fits; 900 B of other data give way")


def test_lines_of_a_list_that_name_no_file_are_named_and_fail_no_plan(run_job: RunJob, tmp_path: Path) -> None:
    plan = planned(
        run_job(JobType.PLAN, plan_of="preload", lines=[FILES[0], "/data/no"], from_file_list=True, alluxio_uri=None)
    )

    assert (plan.files, plan.files_to_move, plan.files_failed) == (2, 1, 1)
    assert reasons(plan) == ["PATH_NOT_FOUND"]
    assert "/data/no" in plan.warnings[0].message
    assert lines(tmp_path)[1] | {"message": ""} == {
        "path": "/data/no",
        "size": 0,
        "version": None,
        "state": "unknown",
        "action": "fail",
        "message": "",
    }


def test_many_small_files_are_worth_a_word(run_job: RunJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_notices, "MANY_FILES", 12)

    assert reasons(planned(run_job(JobType.PLAN, plan_of="preload"))) == ["MANY_SMALL_FILES"]


def test_what_a_job_would_leave_out_is_counted(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = engine.walk

    def with_symlink(path: str, **options: Any) -> Any:
        options["left_out"](LeftOut("/data/link", Symlink.reason, "a symlink"))
        return walk(path, **options)

    monkeypatch.setattr(engine, "walk", with_symlink)

    plan = planned(run_job(JobType.PLAN, plan_of="preload"))
    job = run_job()

    assert plan.files_left_out == job.progress.counters.files_left_out == 1
    assert reasons(plan) == ["LEFT_OUT"]
    assert reasons(planned(run_job(JobType.PLAN, plan_of="preload", symlinks="skip"))) == []


def test_a_plan_whose_store_goes_away_goes_on_and_has_each_file_once(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk, walks = engine.walk, []

    def breaking(path: str, **options: Any) -> Any:
        walks.append(path)
        for number, entry in enumerate(walk(path, **options)):
            if len(walks) == 1 and number == 5:
                raise EngineAway("away")
            yield entry

    monkeypatch.setattr(engine, "walk", breaking)
    monkeypatch.setattr(engine, "resumes", False, raising=False)

    plan = planned(run_job(JobType.PLAN, plan_of="preload"))

    assert (plan.files, len(walks)) == (12, 2)
    assert sorted(line["path"] for line in lines(tmp_path)) == sorted(FILES)


def test_the_next_attempt_of_a_plan_goes_on_where_the_last_one_was_stopped(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt, begun = Attempt("JOB", 1), []
    monkeypatch.setattr(attempt, "listed", lambda size: begun.append(size) or len(begun) < 5 or attempt.stop())

    assert run_job(JobType.PLAN, plan_of="preload", attempt=attempt).state == "stopped"

    walk_on, behind = engine.walk_on, []
    monkeypatch.setattr(
        engine, "walk_on", lambda path, after, **how: behind.append(after) or walk_on(path, after, **how)
    )
    plan = planned(run_job(JobType.PLAN, plan_of="preload"))

    assert (len(begun), plan.files, plan.bytes) == (5, 12, 12 * SIZE)
    assert behind == [sorted(FILES)[4]]
    assert sorted(line["path"] for line in lines(tmp_path)) == sorted(FILES)


SIDES = st.sampled_from(["bucket", "cached", "dirty", "conflict", "gone", "stale"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    states=st.lists(SIDES, min_size=1, max_size=10),
    verb=st.sampled_from(["preload", "save"]),
    options=st.fixed_dictionaries(
        {},
        optional={
            "filters": st.just(("- *3",)),
            "min_size": st.just(4),
            "max_files": st.integers(1, 6),
            "max_bytes": st.integers(10, 60),
            "depth": st.just(1),
        },
    ),
    overwrite=st.sampled_from(["different", "never", "newer", "always"]),
)
def test_the_figures_of_a_plan_are_those_of_the_job_that_comes_after(
    states: list[str], verb: str, options: dict[str, Any], overwrite: str, tmp_path: Path, monkeypatch: Any
) -> None:
    engine = MemoryEngine(["/data"])
    for number, state in enumerate(states):
        _put(engine, f"/data/{'d/' * (number % 2)}{number}", state)
    monkeypatch.setattr(running, "open_engine", lambda settings: engine)
    monkeypatch.setattr(patience, "PAUSES_SECONDS", (0.01,))
    given_ = options | ({"overwrite": overwrite} if verb == "save" else {})

    def result(type_: JobType, **more: Any) -> Result:
        order = Order("JOB", 1, type_, Params(alluxio_uri="/data", **given_, **more), threads=2, store_patience=0.5)
        return running.run(order, Attempt("JOB", 1, threads=2), tmp_path)

    plan = planned(result(JobType.PLAN, plan_of=verb))
    job = result(VERBS[verb])

    counters = job.progress.counters
    assert plan.files == counters.files_total
    assert plan.files_in_place == counters.files_skipped
    assert plan.files_in_place + plan.files_to_move == counters.files_done
    assert plan.files_kept == counters.files_kept
    assert plan.files_failed == counters.files_failed
    assert plan.files_left_out == counters.files_left_out
    assert plan.bytes_in_place == counters.bytes_skipped
    assert plan.bytes_kept == counters.bytes_kept
    if plan.files:
        assert plan.bytes == counters.bytes_total
        excluded = f"{plan.files_excluded} file{'' if plan.files_excluded == 1 else 's'} excluded by filters"
        assert (excluded in job.message) == bool(plan.files_excluded)
    assert plan.files == plan.files_in_place + plan.files_to_move + plan.files_kept + plan.files_failed


def _put(engine: MemoryEngine, path: str, state: str) -> None:
    content = path.encode()
    if state != "dirty":
        engine.put_bucket(path, content)
    if state == "dirty":
        engine.put_cache(path, content + b"mine")
    elif state != "bucket":
        copy = next(iter(engine.preload([_entry(engine, path)], Params.at(path), Attempt("J", 1))))
        assert copy.error is None
    if state == "conflict":
        engine.put_cache(path, content + b"mine")
    if state in ("conflict", "stale"):
        engine.put_bucket(path, content + b"+")
    if state == "gone":
        del engine.bucket[path]


def _entry(engine: MemoryEngine, path: str) -> Any:
    return engine.stat(path)
