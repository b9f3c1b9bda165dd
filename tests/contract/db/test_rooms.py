"""The room of the tiers as the database knows it: jobs that found none are held back, and say what they wait for."""

import json

import pytest

from avio.db import claims, ends, rooms, tiers
from avio.db.ends import Cause
from avio.db.rooms import TierRoom, Wanted
from avio.db.sql import change
from avio.rules import history
from avio.rules.callers import LOCAL_ADMIN
from avio.wire.results import ALL_TIERS
from avio.wire.waiting import Waiting, Why
from tests.contract.db import given

MIB = 1 << 20


@pytest.fixture(autouse=True)
def _ground(db: str) -> None:
    given.user()
    given.node("n1")
    for alias in tiers.known():
        tiers.forget(alias)
    for alias in ("MEM", "SSD"):
        tiers.register(alias, f"id of {alias}")


def free(mem: int, ssd: int = 0) -> None:
    """Let a node report so many free MiB."""
    rooms.report(
        [
            TierRoom("MEM", 100 * MIB, 0, (100 - mem) * MIB, mem * MIB),
            TierRoom("SSD", 200 * MIB, 0, (200 - ssd) * MIB, ssd * MIB),
        ]
    )


def back(job: str, mib: int = 58, tier: str | None = None) -> str | None:
    """Let the job's attempt find no room."""
    attempt = given.row(job)["attempt"]
    return ends.give_back(job, attempt, Cause.WAITS, "waits for room", wanted=Wanted(mib * MIB, tier))


def no_pause(job: str) -> None:
    given.set_row(job, run_at=0.0)


@pytest.mark.parametrize(
    ("tier", "mem", "ssd", "due"),
    [
        (None, 42, 0, False),
        (None, 58, 0, True),
        (None, 42, 58, True),
        ("MEM", 42, 200, False),
        ("MEM", 58, 0, True),
    ],
)
def test_a_job_that_found_no_room_is_due_when_a_tier_of_it_has_as_much(
    tier: str | None, mem: int, ssd: int, due: bool
) -> None:
    job = given.starting()
    assert back(job, tier=tier) == "queued"
    no_pause(job)
    free(mem, ssd)
    assert claims.due(8) == ([job] if due else [])


@pytest.mark.parametrize(("mem", "ssd", "due"), [(30, 27, False), (30, 28, True)])
def test_files_that_may_lie_on_several_tiers_need_the_room_of_all_together(mem: int, ssd: int, due: bool) -> None:
    job = given.starting()
    back(job, tier=ALL_TIERS)
    no_pause(job)
    free(mem, ssd)
    assert claims.due(8) == ([job] if due else [])
    waiting = history.get(LOCAL_ADMIN, job).waiting
    assert waiting is not None
    assert (waiting.why is Why.TURN) is due


@pytest.mark.parametrize(
    ("path", "other", "due"),
    [
        ("/data", "/data", True),
        ("/data", "/data/set", True),
        ("/data", "/", True),
        ("/data", None, True),
        (None, "/data", True),
        ("/data", "/data2", False),
        ("/data/set", "/data/se", False),
    ],
)
def test_it_looks_again_after_the_end_of_a_preload_that_may_have_brought_its_files(
    path: str | None, other: str | None, due: bool
) -> None:
    rival = given.running(path=other)
    job = given.starting(path=path)
    back(job)
    no_pause(job)
    free(42)
    assert claims.due(8) == []
    assert ends.finish(given.result(rival), "succeeded")
    assert claims.due(8) == ([job] if due else [])


def test_the_end_of_another_preload_is_a_reason_for_one_look() -> None:
    rival = given.running()
    job = given.starting()
    back(job)
    ends.finish(given.result(rival), "succeeded")
    no_pause(job)
    given.claim(job)
    change("UPDATE attempts SET started_at = started_at + 1 WHERE attempt = 2")  # not in the same millisecond
    back(job)
    no_pause(job)
    free(42)
    assert claims.due(8) == []


def test_it_looks_again_after_some_time_whatever_the_figures_say_so_that_its_patience_ends() -> None:
    job = given.starting()
    back(job)
    no_pause(job)
    free(42)
    change("UPDATE attempts SET ended_at = {now} - 590 WHERE job_id = ?", job)
    assert claims.due(8) == []
    change("UPDATE attempts SET ended_at = {now} - 601 WHERE job_id = ?", job)
    assert claims.due(8) == [job]


@pytest.mark.parametrize("cause", [Cause.CRASHED, Cause.LOST, Cause.DRAINED])
def test_an_attempt_that_ends_for_another_reason_waits_for_no_room(cause: Cause) -> None:
    job = given.starting()
    back(job)
    given.set_row(job, run_at=0.0, room_since=1.0)
    attempt = given.claim(job).attempt  # it finds room, and moves half of its files
    assert ends.give_back(job, attempt, cause, "") == "queued"
    no_pause(job)
    free(42)
    assert claims.due(8) == [job]
    assert given.claim(job).room_waited == 0


def test_other_jobs_of_the_user_go_on_meanwhile() -> None:
    waits = given.starting()
    back(waits)
    no_pause(waits)
    free(1)
    other = given.job()
    assert claims.due(8) == [other]


def test_where_no_node_has_told_of_room_lately_the_job_looks_itself() -> None:
    job = given.starting()
    back(job)
    no_pause(job)
    assert claims.due(8) == [job]
    free(1)
    assert claims.due(8) == []
    change("UPDATE tiers SET seen_at = {now} - ?", rooms.OLD_SECONDS + 1)
    assert claims.due(8) == [job]


def test_the_next_look_comes_later_each_time_and_the_wait_counts_from_the_first_one() -> None:
    job = given.starting()
    back(job)
    first = given.row(job)
    assert first["run_at"] - first["updated_at"] == pytest.approx(ends.ROOM_PAUSE, abs=0.5)
    given.set_row(job, run_at=0.0, room_since=first["room_since"] - 100)

    claim = given.claim(job)

    assert claim.room_waited == pytest.approx(100, abs=5)
    back(job)
    again = given.row(job)
    assert again["room_since"] == first["room_since"] - 100
    assert again["run_at"] - again["updated_at"] == pytest.approx(2 * ends.ROOM_PAUSE, abs=0.5)
    assert (again["crashes"], again["losses"]) == (0, 0)


def test_a_cancelled_job_does_not_wait() -> None:
    job = given.starting()
    given.set_row(job, cancel_at=1.0)
    assert back(job) == "cancelled"
    assert given.row(job)["room_bytes"] is None


def test_it_says_what_it_needs_and_who_has_the_room() -> None:
    rival = given.running()
    given.set_row(rival, reserved=json.dumps({"MEM": 58 * MIB, "SSD": MIB}))
    job = given.starting()
    back(job, tier="MEM")
    no_pause(job)
    free(42, 199)

    shown = history.get(LOCAL_ADMIN, job)

    what = f"58 MiB are needed; MEM has 42 MiB free, 58 MiB reserved (job {rival} 58 MiB)"
    assert isinstance(shown.waiting, Waiting)
    assert (shown.waiting.why, shown.waiting.what) == (Why.TIER_FULL, what)
    assert shown.message.startswith(f"waits: the cache is full: {what}")


def test_with_room_it_waits_for_its_turn() -> None:
    job = given.starting()
    back(job)
    no_pause(job)
    free(60)
    shown = history.get(LOCAL_ADMIN, job)
    assert shown.waiting is not None
    assert shown.waiting.why is Why.TURN


def test_what_an_attempt_was_promised_goes_with_it() -> None:
    for end in (
        lambda job: ends.give_back(job, 1, Cause.LOST, ""),
        lambda job: ends.finish(given.result(job), "failed"),
    ):
        job = given.running()
        given.set_row(job, reserved='{"MEM": 5}')
        assert job in rooms.promised()
        end(job)
        assert given.row(job)["reserved"] is None
    assert rooms.promised() == {}


def test_figures_of_a_tier_that_is_not_registered_are_dropped() -> None:
    rooms.report([TierRoom("GONE", 1, 1, 1, 1)])
    assert rooms.figures() == []
    free(1, 2)
    assert [tier.free // MIB for tier in rooms.figures()] == [1, 2]


@pytest.mark.parametrize(
    ("mine", "others", "due"),
    [
        ("/data/a", "/data/a", True),
        ("/data/a", "/data", True),
        ("/data", "/data/a", True),
        ("/data/a", "/", True),
        ("/data/a", None, True),
        (None, "/data/a", True),
        ("/data/a", "/data/ab", False),
        ("/data/ab", "/data/a", False),
    ],
)
def test_a_job_looks_again_when_another_preload_of_its_files_has_ended(
    mine: str | None, others: str | None, due: bool
) -> None:
    """What that one has brought it need not bring: it would wait for room that it does not need, and none comes."""
    rival, job = given.running(path=others), given.starting(path=mine)
    back(job)
    no_pause(job)
    free(42)
    assert claims.due(8) == []

    given.from_result(rival, "succeeded")

    assert claims.due(8) == ([job] if due else [])
    waiting = history.get(LOCAL_ADMIN, job).waiting
    assert waiting is not None
    assert waiting.why is (Why.TURN if due else Why.TIER_FULL)
    claimed = given.claim(job)
    assert ends.give_back(job, claimed.attempt, Cause.WAITS, "", wanted=Wanted(58 * MIB, None)) == "queued"
    no_pause(job)
    assert claims.due(8) == [], "once for each end"


def test_a_save_brings_nothing_that_a_preload_waits_for() -> None:
    save, job = given.running(type=2, path="/data"), given.starting(path="/data")
    back(job)
    no_pause(job)
    free(42)
    given.from_result(save, "succeeded")
    assert claims.due(8) == []


@pytest.mark.parametrize(
    ("others", "path", "expected"),
    [
        ("running", "/data", True),
        ("running", "/other", False),
        ("ended", "/data", True),
        ("ended before", "/data", False),
        ("waits for room", "/data", True),
        ("queued", "/data", False),
    ],
)
def test_a_job_that_does_not_fit_may_need_less_later_where_others_load_its_files(
    others: str, path: str, expected: bool
) -> None:
    if others == "queued":
        given.job(path=path)
    else:
        rival = given.running(path=path)
        if others == "ended before":
            given.from_result(rival, "succeeded")
            given.set_row(rival, finished_at=1.0)
    job = given.starting(path="/data")
    if others == "ended":
        given.from_result(rival, "succeeded")
    elif others == "waits for room":
        back(rival)
    assert rooms.others_load(job) is expected


@pytest.mark.parametrize(
    ("mib", "what"),
    [
        (58, "58 MiB are needed; MEM has 42 MiB free, 58 MiB reserved"),
        (40, "there is room by now; it looks again in some seconds or minutes"),
        (0, "other jobs load files of it; it looks again in some seconds or minutes"),
    ],
)
def test_in_the_pause_before_its_next_look_it_waits_for_room_and_not_for_a_start_time(mib: int, what: str) -> None:
    """Nobody has given it a time to start."""
    job = given.starting()
    back(job, mib=mib, tier="MEM")
    free(42)
    shown = history.get(LOCAL_ADMIN, job)
    assert shown.waiting is not None
    assert (shown.waiting.why, shown.waiting.what) == (Why.TIER_FULL, what)
    assert shown.message.startswith(f"waits: the cache is full: {what}")
