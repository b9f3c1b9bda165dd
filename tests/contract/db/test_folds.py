"""Folding events into rows (T6): replay, reordering, loss and late comers do no harm."""

import json
from dataclasses import asdict

import pytest
from peewee import DatabaseError

from avio.aggregator.fold import newest
from avio.db import ends, folds, history
from avio.db.sql import now
from avio.wire.events import Event, FailureEvent, ProgressEvent
from avio.wire.progress import Counters, ErrorGroup, MoverShare, Progress, Reserved
from avio.wire.states import State
from avio.wire.timings import Eta, PhaseTime
from avio.wire.waiting import Wait, Why
from tests.contract.db import given
from tests.contract.db.concurrent import abreast

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(autouse=True)
def _user_and_node(db: str) -> None:
    given.user()
    given.node()


def progress(job: str, seq: int, done: int = 0, attempt: int = 1, **members: object) -> ProgressEvent:
    counters = Counters(files_total=100, bytes_total=1000, files_done=done, bytes_done=10 * done, bytes_wire=11 * done)
    return ProgressEvent(job, attempt, seq, Progress("transferring", True, counters, **members))


def failure(job: str, path: str, attempt: int = 1, reason: str = "GONE") -> FailureEvent:
    return FailureEvent(job, attempt, path, reason, "words", 2)


def test_progress_goes_into_the_row() -> None:
    job = given.running()
    version = given.row(job)["version"]

    folds.fold([progress(job, 4, 7, speed_bps=123, errors=[ErrorGroup("GONE", 1, samples=["/a"])])], [])

    row = given.row(job)
    assert (row["seq"], row["phase"], row["total_complete"], row["speed_bps"]) == (4, "transferring", True, 123)
    assert (row["files_total"], row["files_done"], row["bytes_done"], row["bytes_wire"]) == (100, 7, 70, 77)
    assert json.loads(row["errors"])[0]["samples"] == ["/a"]
    assert row["version"] == version + 1


def test_an_estimate_is_stored_as_moments_of_the_database_and_goes_when_it_is_unknown() -> None:
    job = given.running()
    phases = [PhaseTime("listing", 1000, 500), PhaseTime("transferring", 1500, 40)]

    folds.fold([progress(job, 4, 7, average_bps=9, in_flight=2, phases=phases, eta=Eta(60_000, 90_000))], [])

    row = given.row(job)
    assert (row["average_bps"], row["in_flight"], json.loads(row["phases"])[1]["ms"]) == (9, 2, 40)
    assert (row["eta_p50"] - now(), row["eta_p90"] - row["eta_p50"]) == pytest.approx((60, 30), abs=5)

    folds.fold([progress(job, 5, 8)], [])

    assert (given.row(job)["eta_p50"], given.row(job)["eta_p90"]) == (None, None)


@pytest.mark.parametrize("leave", ["finish", "give_back", "claim"])
def test_an_estimate_ends_with_its_attempt(leave: str) -> None:
    job = given.running()
    folds.fold([progress(job, 4, 7, in_flight=2, phases=[PhaseTime("listing", 1, 1)], eta=Eta(60_000, 90_000))], [])

    if leave == "finish":
        given.from_result(job, "succeeded")
    else:
        ends.give_back(job, 1, ends.Cause.LOST, "")
        if leave == "claim":
            given.set_row(job, eta_p50=1.0, eta_p90=2.0, in_flight=3)
            given.claim(job)

    row = given.row(job)
    assert (row["eta_p50"], row["eta_p90"], row["in_flight"]) == (None, None, None)
    if leave == "claim":
        assert row["phases"] is None


@pytest.mark.parametrize("leave", ["event", "finish", "give_back", "claim"])
def test_what_is_in_flight_and_what_a_job_waits_for_end_with_it(leave: str) -> None:
    job = given.running()
    wait = Wait(Why.STORE_UNAVAILABLE, "s3://b: 503", 1000)

    held = [Reserved("MEM", 58), Reserved("SSD", 1)]
    folds.fold([progress(job, 4, 7, bytes_in_flight=5, waiting=wait, reserved=held)], [])

    row = given.row(job)
    assert (row["bytes_in_flight"], json.loads(row["waits"])) == (5, asdict(wait))
    assert json.loads(row["reserved"]) == {"MEM": 58, "SSD": 1}

    if leave == "event":
        folds.fold([progress(job, 5, 8)], [])
    elif leave == "finish":
        given.from_result(job, "succeeded")
    else:
        ends.give_back(job, 1, ends.Cause.LOST, "")
    if leave == "claim":
        given.set_row(job, bytes_in_flight=5, waits="{}")
        given.claim(job)

    row = given.row(job)
    assert (row["bytes_in_flight"] or None, row["waits"], row["reserved"]) == (None, None, None)


def test_the_same_event_again_changes_nothing() -> None:
    job = given.running()
    folds.fold([progress(job, 4, 7)], [])
    before = given.row(job)

    folds.fold([progress(job, 4, 7)], [])

    assert given.row(job) == before


def test_an_event_that_was_overtaken_changes_nothing() -> None:
    job = given.running()
    folds.fold([progress(job, 5, 9, speed_bps=5)], [])
    before = given.row(job)

    folds.fold([progress(job, 4, 7, speed_bps=4)], [])

    assert given.row(job) == before


def test_an_event_of_an_old_attempt_changes_nothing() -> None:
    job = given.running()
    ends.give_back(job, 1, ends.Cause.LOST, "")
    given.claim(job)
    before = given.row(job)

    folds.fold([progress(job, 99, 50, attempt=1)], [failure(job, "/late", attempt=1)])

    assert given.row(job) == before
    assert given.failures(job) == []


def test_an_event_of_an_attempt_that_was_never_begun_changes_nothing() -> None:
    job = given.running()
    before = given.row(job)

    folds.fold([progress(job, 1, 50, attempt=2)], [failure(job, "/early", attempt=2)])

    assert given.row(job) == before
    assert given.failures(job) == []


@pytest.mark.parametrize("state", [State.QUEUED, State.SUCCEEDED, State.CANCELLED])
def test_a_job_that_nobody_runs_takes_no_progress(state: State) -> None:
    job = given.in_state(state)
    attempt = given.row(job)["attempt"]
    before = given.row(job)

    folds.fold([progress(job, 99, 50, attempt=attempt)], [])

    assert given.row(job) == before


def test_the_counters_do_not_fall_when_the_next_attempt_begins_anew() -> None:
    job = given.running()
    folds.fold([progress(job, 8, 50)], [])
    ends.give_back(job, 1, ends.Cause.LOST, "")
    given.claim(job)

    folds.fold([progress(job, 1, 3, attempt=2)], [])

    row = given.row(job)
    assert (row["seq"], row["files_done"], row["bytes_done"], row["bytes_wire"]) == (1, 50, 500, 550)


def test_totals_that_are_final_stay_so() -> None:
    job = given.running()
    folds.fold([progress(job, 1)], [])

    folds.fold([ProgressEvent(job, 1, 2, Progress("listing", False, Counters()))], [])

    row = given.row(job)
    assert (row["total_complete"], row["files_total"]) == (True, 100)


def test_crashes_are_forgiven_once_a_further_file_is_done() -> None:
    job = given.running(crashes=2, files_done=5)

    folds.fold([progress(job, 1, 5)], [])
    assert given.row(job)["crashes"] == 2

    folds.fold([progress(job, 2, 6)], [])
    assert given.row(job)["crashes"] == 0


def test_a_job_that_crashes_but_moves_on_is_not_poison() -> None:
    job = given.running()
    for attempt in range(1, 6):
        folds.fold([progress(job, 1, attempt, attempt=attempt)], [])
        assert ends.give_back(job, attempt, ends.Cause.CRASHED, "") == "queued"
        given.claim(job)


def test_a_failure_that_is_told_again_is_the_same_failure_with_its_last_words() -> None:
    job = given.running()

    folds.fold([], [failure(job, "/a"), failure(job, "/b")])
    folds.fold([], [failure(job, "/a", reason="CORRUPT")])

    assert [(one.path, one.reason) for one in given.failures(job)] == [("/a", "CORRUPT"), ("/b", "GONE")]


def test_a_failure_of_an_older_attempt_does_not_replace_that_of_a_newer_one() -> None:
    job = given.running()
    folds.fold([], [failure(job, "/a", reason="OLD")])
    ends.give_back(job, 1, ends.Cause.LOST, "")
    given.claim(job)
    folds.fold([], [failure(job, "/a", attempt=2, reason="NEW")])

    folds.fold([], [failure(job, "/a", attempt=1, reason="OLD")])

    (found,) = given.failures(job)
    assert (found.attempt, found.reason) == (2, "NEW")


def test_events_of_jobs_that_are_not_there_are_no_fault() -> None:
    nobody = "01ARZ3NDEKTSV4RRFFQ69G5FAV"

    folds.fold([progress(nobody, 1)], [failure(nobody, "/a")])

    assert history.find(nobody) is None
    assert given.failures(nobody) == []


def test_two_aggregators_that_fold_the_same_jobs_in_other_orders_do_not_deadlock() -> None:
    jobs = [given.running() for _ in range(60)]
    refused: list[BaseException] = []

    def aggregate(number: int) -> None:
        for round_ in range(15):
            told = jobs[::-1] if number % 2 else jobs
            events: list[Event] = [progress(job, 4 * round_ + number + 1, 9) for job in told]
            events += [failure(job, f"/{path}") for job in told for path in ("a", "b")]
            try:
                folds.fold(*newest(events))
            except DatabaseError as error:
                refused.append(error)

    abreast(4, aggregate)

    assert refused == []
    assert {given.row(job)["files_done"] for job in jobs} == {9}


def test_a_batch_of_many_jobs_is_folded_as_one() -> None:
    jobs = [given.running() for _ in range(30)]

    folds.fold([progress(job, 1, 9) for job in jobs], [failure(job, "/a") for job in jobs])

    assert {given.row(job)["files_done"] for job in jobs} == {9}
    assert {len(given.failures(job)) for job in jobs} == {1}


def movers(job: str, attempt: int = 1) -> list[dict[str, int]] | None:
    """Return what the row of an attempt says of its movers."""
    (found,) = [one.movers for one in history.attempts(job) if one.attempt == attempt]
    return None if found is None else json.loads(found)


def test_what_movers_did_goes_into_the_row_of_the_attempt() -> None:
    job = given.running()
    assert movers(job) is None

    folds.fold([progress(job, 4, 7, movers=[MoverShare(5, 50, 30), MoverShare(2, 20, 10)])], [])

    assert movers(job) == [{"files": 5, "bytes": 50, "cpu_ms": 30}, {"files": 2, "bytes": 20, "cpu_ms": 10}]


def test_an_event_without_movers_leaves_what_is_known_of_them() -> None:
    job = given.running()
    folds.fold([progress(job, 4, 7, movers=[MoverShare(7)])], [])
    folds.fold([progress(job, 5, 8)], [])
    assert movers(job) == [{"files": 7, "bytes": 0, "cpu_ms": 0}]


def test_late_events_change_no_movers() -> None:
    job = given.running()
    folds.fold([progress(job, 5, 9, movers=[MoverShare(9)])], [])
    folds.fold([progress(job, 4, 7, movers=[MoverShare(7)])], [])
    assert movers(job) == [{"files": 9, "bytes": 0, "cpu_ms": 0}]
    ends.give_back(job, 1, ends.Cause.LOST, "")
    given.claim(job)
    folds.fold([progress(job, 99, 50, movers=[MoverShare(50)])], [])
    assert movers(job) == [{"files": 9, "bytes": 0, "cpu_ms": 0}]
    assert movers(job, attempt=2) is None


def test_of_a_batch_the_newest_event_has_the_movers_of_the_one_before() -> None:
    job = given.running()
    told, untold = progress(job, 4, 7, movers=[MoverShare(7)]), progress(job, 5, 8)
    folds.fold(*newest([told, untold]))
    assert given.row(job)["files_done"] == 8
    assert movers(job) == [{"files": 7, "bytes": 0, "cpu_ms": 0}]
