"""Attempts that end with a result (T7, T10), and without one (T8, T11)."""

import json
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pytest

from avio.db import ends, folds, history, orders
from avio.db.connection import borrow
from avio.db.sql import now
from avio.executor.attempt import Attempt
from avio.wire.events import FailureEvent, ProgressEvent
from avio.wire.plans import Notice, Plan, PlannedTier
from avio.wire.progress import ErrorGroup, MoverShare, Progress
from avio.wire.results import Failure
from avio.wire.states import TERMINAL, State
from tests.contract.db import given
from tests.contract.db.concurrent import abreast

pytestmark = pytest.mark.usefixtures("db")
Cause = ends.Cause


@pytest.fixture(autouse=True)
def _user_and_node(db: str) -> None:
    given.user()
    given.node()


def give_back(job: str, cause: Cause, attempt: int = 1) -> str | None:
    return ends.give_back(job, attempt, cause, "it died")


def test_the_end_writes_down_all_that_the_result_says() -> None:
    job = given.running(bytes_wire=99)
    result = given.result(job, files=3, verified_files=3, verified_bytes=30, reason="SOME", message="some words")
    result.local_path = "/ssd/data"
    result.plan = Plan(files=3, tiers=[PlannedTier("MEM", 9, 5, True)], warnings=[Notice("WHY", "words")])
    result.progress.counters.files_skipped = 1
    result.progress.errors = [ErrorGroup("GONE", 2, samples=["/a"])]
    result.progress.movers = [MoverShare(3, 30, 20)]

    assert ends.finish(result, "partial", ends.Exit(code=0, max_rss=5000))

    row = given.row(job)
    assert (row["state"], row["reason"], row["message"]) == ("partial", "SOME", "some words")
    assert (row["files_total"], row["bytes_total"], row["files_done"], row["bytes_done"]) == (3, 30, 3, 30)
    assert (row["files_skipped"], row["verified_files"], row["verified_bytes"]) == (1, 3, 30)
    assert (row["bytes_wire"], row["total_complete"], row["speed_bps"], row["phase"]) == (99, True, 0, None)
    assert json.loads(row["errors"])[0]["reason"] == "GONE"
    assert row["local_path"] == "/ssd/data"
    assert Plan.from_json(json.loads(row["plan"])) == result.plan
    assert (row["node"], row["node_epoch"]) == (None, None)
    assert row["finished_at"] == pytest.approx(now(), abs=5)
    (attempt,) = history.attempts(job)
    assert (attempt.outcome, attempt.exit_code, attempt.max_rss) == ("partial", 0, 5000)
    assert attempt.ended_at is not None
    assert json.loads(attempt.movers) == [{"files": 3, "bytes": 30, "cpu_ms": 20}]


def test_a_crash_leaves_what_events_told_of_the_movers() -> None:
    job = given.running()
    folds.fold([ProgressEvent(job, 1, 1, Progress(movers=[MoverShare(2)]))], [])
    assert give_back(job, Cause.CRASHED) == "queued"
    (attempt,) = history.attempts(job)
    assert json.loads(attempt.movers)[0]["files"] == 2


def test_the_largest_counters_of_an_attempt_can_be_stored() -> None:
    job = given.running()
    attempt = Attempt(job, 1)
    for _ in range(3):
        attempt.listed(7 << 60)
    result = given.result(job, verified_files=0, verified_bytes=0)
    result.progress = attempt.progress()

    assert ends.finish(result, "failed")

    assert given.row(job)["bytes_total"] == (1 << 63) - 1


def test_the_counters_of_the_end_are_those_of_the_result_even_if_they_are_lower() -> None:
    job = given.running(files_done=9, bytes_done=90, files_total=9)

    ends.finish(given.result(job, files=3), "succeeded")

    assert (given.row(job)["files_done"], given.row(job)["files_total"]) == (3, 3)


def test_the_end_keeps_the_failures_of_this_attempt_alone() -> None:
    job = given.running()
    folds.fold([], [FailureEvent(job, 1, "/older", "GONE", "gone")])
    give_back(job, Cause.LOST)
    given.claim(job)
    old = given.result(job, 1, failures=[Failure("/old", "GONE", "gone")])
    result = given.result(job, 2, failures=[Failure("/new", "CORRUPT", "bad", 3)])

    assert not ends.finish(old, "partial")
    assert ends.finish(result, "partial")

    (failure,) = given.failures(job)
    assert (failure.path, failure.attempt, failure.reason, failure.tries) == ("/new", 2, "CORRUPT", 3)


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_a_late_end_of_an_old_attempt_changes_nothing(state: State) -> None:
    job = given.running()
    give_back(job, Cause.LOST)
    given.claim(job)
    before = given.row(job)

    assert not ends.finish(given.result(job, 1), state)
    assert ends.give_back(job, 1, Cause.CRASHED, "") is None
    assert given.row(job) == before
    assert history.attempts(job)[1].outcome == "lost"


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_a_job_that_has_ended_does_not_end_again(state: State) -> None:
    job = given.in_state(state)
    before = given.row(job)

    assert not ends.finish(given.result(job, files=7), "failed")
    for cause in Cause:
        assert give_back(job, cause) is None
    assert given.row(job) == before


def test_a_job_that_waits_has_no_attempt_to_end() -> None:
    job = given.job()

    assert not ends.finish(given.result(job, 0), "succeeded")
    assert give_back(job, Cause.CRASHED, attempt=0) is None


def test_a_cancelled_job_that_was_faster_than_its_wish_keeps_its_end() -> None:
    job = given.running()
    orders.cancel(job, "")

    assert ends.finish(given.result(job), "succeeded")
    assert given.state(job) == "succeeded"


@pytest.mark.parametrize(("crashes", "pause"), [(0, 1), (1, 5)])
def test_a_crash_sends_the_job_back_with_a_growing_pause(crashes: int, pause: int) -> None:
    job = given.running(crashes=crashes)
    given.set_row(job, pushed_at=1)

    assert give_back(job, Cause.CRASHED) == "queued"

    row = given.row(job)
    assert (row["state"], row["crashes"], row["losses"], row["node"]) == ("queued", crashes + 1, 0, None)
    assert row["run_at"] - now() == pytest.approx(pause, abs=0.9)
    assert row["pushed_at"] is None
    assert row["message"] == "it died"
    assert history.attempts(job)[0].outcome == "crashed"


def test_the_third_crash_without_progress_fails_the_job() -> None:
    job = given.running()
    for attempt in (1, 2):
        assert give_back(job, Cause.CRASHED, attempt) == "queued"
        given.claim(job)

    assert give_back(job, Cause.CRASHED, 3) == "failed"

    row = given.row(job)
    assert (row["state"], row["reason"], row["attempt"]) == ("failed", "CRASHED", 3)
    assert "died 3 times" in row["message"]
    assert "it died" in row["message"]
    assert row["finished_at"] is not None


def test_a_stall_counts_as_a_crash() -> None:
    job = given.running(crashes=2)

    assert give_back(job, Cause.STALLED) == "failed"

    assert given.row(job)["reason"] == "CRASHED"
    assert history.attempts(job)[0].outcome == "stalled"


def test_files_that_a_crashed_attempt_had_in_place_are_progress_even_if_no_event_told_of_them() -> None:
    job = given.running(crashes=2, files_done=5, files_total=5)

    assert ends.give_back(job, 1, Cause.CRASHED, "it died", files_done=6) == "queued"

    row = given.row(job)
    assert (row["crashes"], row["files_done"], row["files_total"]) == (1, 6, 6)


def test_files_that_were_in_place_before_are_no_progress() -> None:
    job = given.running(crashes=2, files_done=5, files_total=9)

    assert ends.give_back(job, 1, Cause.CRASHED, "it died", files_done=5) == "failed"

    assert (given.row(job)["crashes"], given.row(job)["files_total"]) == (3, 9)


@pytest.mark.parametrize("cause", [Cause.LOST, Cause.FENCED])
def test_losses_count_apart_and_send_the_job_back_at_once(cause: Cause) -> None:
    job = given.running(crashes=2)

    assert give_back(job, cause) == "queued"

    row = given.row(job)
    assert (row["crashes"], row["losses"]) == (2, 1)
    assert row["run_at"] <= now()
    assert history.attempts(job)[0].outcome == cause.value


def test_of_many_reapers_at_once_one_gives_the_job_back() -> None:
    jobs = [given.running() for _ in range(4)]

    given_back = abreast(4, lambda _: [give_back(job, Cause.LOST) for job in jobs])

    for of_all_reapers in zip(*given_back, strict=True):
        assert sorted(of_all_reapers, key=str) == [None, None, None, "queued"]
    assert {given.row(job)["losses"] for job in jobs} == {1}


def test_the_tenth_loss_fails_the_job() -> None:
    assert give_back(given.running(losses=8), Cause.LOST) == "queued"
    job = given.running(losses=9)

    assert give_back(job, Cause.LOST) == "failed"
    assert given.row(job)["reason"] == "NODES_LOST"


def test_leaving_on_request_counts_nowhere() -> None:
    job = given.running(crashes=2, losses=9)

    assert give_back(job, Cause.DRAINED) == "queued"

    row = given.row(job)
    assert (row["crashes"], row["losses"]) == (2, 9)
    assert row["run_at"] <= now()


def test_a_wish_that_comes_while_an_attempt_is_given_back_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    job = given.running()
    statement = ends.change

    def wish() -> bool:
        with borrow():
            return orders.cancel(job, "enough")

    with ThreadPoolExecutor(1) as pool:
        wishes: list[Future[bool]] = []

        def change_after_a_wish(text: str, *parameters: object) -> int:
            if not wishes:
                wishes.append(pool.submit(wish))
                wait(wishes, timeout=0.5)
            return statement(text, *parameters)

        monkeypatch.setattr(ends, "change", change_after_a_wish)
        give_back(job, Cause.LOST)
        assert wishes[0].result(10)

    assert given.state(job) == "cancelled"


@pytest.mark.parametrize("cause", list(Cause))
def test_the_wish_to_cancel_wins_over_every_other_reason(cause: Cause) -> None:
    job = given.running(crashes=2, losses=9)
    orders.cancel(job, "")

    assert give_back(job, cause) == "cancelled"

    row = given.row(job)
    assert (row["state"], row["reason"], row["node"]) == ("cancelled", None, None)
    assert row["finished_at"] is not None


@pytest.mark.parametrize(
    ("columns", "state", "said"),
    [
        ({"crashes": ends.MAX_CRASHES - 1}, "failed", "; no report was stored at /logs/r"),
        ({"cancel_at": 1.0}, "cancelled", "cancelled; no report was stored at /logs/r"),
        ({}, "queued", "killed"),
    ],
)
def test_a_job_that_ends_without_its_process_has_stored_no_report(
    columns: dict[str, Any], state: str, said: str
) -> None:
    job = given.running()
    given.set_row(job, params='{"alluxioUri": "/data", "reportTo": "/logs/r"}', **columns)

    assert ends.give_back(job, 1, ends.Cause.CRASHED, "killed") == state

    assert given.row(job)["message"].endswith(said)
