"""Retention: what is deleted when, what never, and that a bite is small."""

import random
import sqlite3

import pytest
from peewee import OperationalError

from avio.db import artifacts, ends, orders, retention, uses
from avio.db.away import DatabaseAway
from avio.db.models import Artifact, Attempt, FailedFile, Job
from avio.errors import NotFound
from avio.rules import history as rules
from avio.rules.callers import LOCAL_ADMIN
from avio.wire.results import Failure
from avio.wire.states import TERMINAL, JobType, State
from tests.contract.db import given
from tests.contract.db.old_jobs import DAY, NEVER, ended, grow_old, run, there


@pytest.fixture(autouse=True)
def _users_and_node(db: str) -> None:
    given.user()
    given.user("bob")
    given.node()


def test_old_jobs_go_with_all_that_hangs_on_them_and_younger_ones_stay() -> None:
    old, young = ended(days=10), ended(days=8)
    for job in (old, young):
        artifacts.add(job, 1, "log", 0, b"text\n")
        FailedFile.create(job_id=job, path_digest="d", path="/a", attempt=1, reason="R", message="m", tries=1)

    run(job_keep=9 * DAY)

    assert there() == {young}
    for model in (Attempt, Artifact, FailedFile):
        assert [found.job_id for found in model.select()] == [young]


@pytest.mark.parametrize("state", sorted(set(State) - TERMINAL))
def test_a_job_that_has_not_ended_is_never_touched(state: State) -> None:
    job = given.in_state(state)
    given.set_row(job, created_at=1.0, updated_at=1.0, started_at=1.0, idem_key="key", type=JobType.LS)
    artifacts.add(job, 1, "log", 0, b"text\n")
    before = given.row(job)

    run(**dict.fromkeys(NEVER, 1))
    assert retention.delete_artifacts(job, 9) == 0
    assert retention.delete_jobs([job]) == 0
    retention.forget_key(job)

    assert artifacts.newest_attempt(job, "log") == 1
    artifacts.drop(job, 1, "log", 0)
    assert retention.delete_jobs([job]) == 0
    assert given.row(job) == before


def test_zero_keeps_for_ever() -> None:
    job = ended(days=10_000, idem_key="key")
    artifacts.add(job, 1, "log", 0, b"text\n")
    before = given.row(job)

    run()

    assert given.row(job) == before
    assert list(artifacts.read(job, 1, "log")) == [b"text\n"]


def test_texts_go_before_their_job_and_the_job_says_so() -> None:
    job = given.running()
    result = given.result(job, failures=[Failure("/data/x", "GONE", "words")])
    assert ends.finish(result, "partial")
    grow_old(job, 10)
    for no in range(9):
        artifacts.add(job, 1, "report", no, b"line\n")
    assert rules.failures(LOCAL_ADMIN, job, 10)[0]

    run(artifact_keep=9 * DAY, job_keep=11 * DAY)

    assert there() == {job}
    assert (Artifact.select().count(), FailedFile.select().count()) == (0, 0)
    for read in (lambda: rules.artifact(LOCAL_ADMIN, job, "report"), lambda: rules.failures(LOCAL_ADMIN, job, 10)):
        with pytest.raises(NotFound, match="was deleted") as told:
            read()
        assert "avio retry" in told.value.cure


def test_nobody_reads_half_of_a_report_that_is_being_deleted() -> None:
    job = ended()
    for no in range(9):
        artifacts.add(job, 1, "report", no, b"line\n")

    assert retention.delete_artifacts(job, 4) == 4

    with pytest.raises(NotFound, match="was deleted"):
        rules.artifact(LOCAL_ADMIN, job, "report")


def test_who_reads_a_report_while_it_is_deleted_is_told_that_it_is_not_whole() -> None:
    job = ended()
    for no in range(9):
        artifacts.add(job, 1, "report", no, b"line\n")
    reading = rules.artifact(LOCAL_ADMIN, job, "report")
    assert next(reading) == b"line\n"

    retention.delete_artifacts(job, 4)

    with pytest.raises(NotFound, match="was deleted"):
        list(reading)


def test_a_busy_database_is_asked_once_a_pass_not_once_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    ended()
    ended()
    asked: list[list[str]] = []

    def busy(jobs: list[str]) -> int:
        asked.append(jobs)
        error = OperationalError("database is locked")
        error.orig = sqlite3.OperationalError("database is locked")
        error.orig.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise error

    monkeypatch.setattr(retention, "delete_jobs", busy)
    with pytest.raises(DatabaseAway):
        run(job_keep=9 * DAY)
    assert [len(jobs) for jobs in asked] == [2]


def test_of_earlier_attempts_only_what_a_later_one_has_too_goes() -> None:
    job = ended(attempt=3)
    for attempt, kind in ((1, "log"), (2, "log"), (3, "log"), (1, "report"), (2, "report"), (1, "result")):
        artifacts.add(job, attempt, kind, 0, b"text\n")

    run(attempt_keep=9 * DAY)

    left = {(found.attempt, found.kind) for found in Artifact.select()}
    assert left == {(3, "log"), (2, "report"), (1, "result")}
    assert given.row(job)["artifacts_deleted_at"] is None


def test_an_old_key_makes_a_new_job_and_a_younger_one_finds_its_own() -> None:
    old, young = ended(days=10, idem_key="old"), ended(days=8, idem_key="young")

    run(key_keep=9 * DAY)

    assert orders.find_by_key(1, "old") is None
    assert (orders.find_by_key(1, "young") or Job()).id == young
    assert there() == {old, young}


def test_a_retry_outlives_the_job_that_it_repeats() -> None:
    old = ended()
    retry, _ = orders.insert(orders.NewJob(1, "", 1, "{}", retry_of=old))

    run(job_keep=9 * DAY)

    assert there() == {retry.id}
    assert given.row(retry.id)["retry_of"] is None
    with pytest.raises(orders.Deleted, match=old):
        orders.insert(orders.NewJob(1, "", 1, "{}", retry_of=old))


PATHS = ("/data", "/data/a", "/data/a/b", "/data/c")


def decisions() -> dict[tuple[str, int], tuple[bool, set[tuple[str, int | None]]]]:
    """Return what the rules of free go by: for each path and user, whether others use it, and which jobs cover it."""
    asked = [(path, uid) for path in (*PATHS, "/", "/data/a/b/c", "/data/d") for uid in (1, 2)]
    return {(path, uid): (uses.of_others(path, uid) is None, set(uses.covering(path, uid))) for path, uid in asked}


@pytest.mark.parametrize("seed", range(6))
def test_the_rules_of_free_decide_as_before(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(60):
        state = chance.choice(sorted(TERMINAL))
        depth = chance.choice((', "depth": 2', ""))
        uid = chance.choice((1, 2))
        path = chance.choice(PATHS if uid == 1 else PATHS[2:])
        params = f'{{"alluxioUri": "{path}", "fromFileList": false{depth}}}'
        job, _ = orders.insert(orders.NewJob(uid, "", chance.choice((0, 1, 1, 2)), params))
        began = 1.0 if state in ("succeeded", "partial") else chance.choice((None, 1.0))
        given.set_row(job.id, state=state, finished_at=chance.uniform(1, 100), started_at=began)
    before = decisions()
    assert any(covering for _, covering in before.values())
    assert len({unused for unused, _ in before.values()}) == 2

    run(job_keep=DAY)

    assert decisions() == before
    assert len(there()) < 40
    left = there()
    run(job_keep=DAY)
    assert there() == left


def test_a_job_goes_once_its_path_was_freed() -> None:
    job = given.in_state(State.SUCCEEDED)
    grow_old(job, 10)
    run(job_keep=DAY)
    assert there() == {job}

    given.set_row(job, released_at=5.0)
    run(job_keep=DAY)

    assert there() == set()
