"""Retention: what is deleted when, what never, and that a bite is small."""

import random
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from peewee import OperationalError

from avio.aggregator import retention as aggregator
from avio.aggregator.retention import Retention
from avio.config.retention import RetentionSettings
from avio.db import artifacts, ends, filelists, history, leases, orders, retention, uses
from avio.db.away import DatabaseAway
from avio.db.connection import borrow, transaction
from avio.db.models import Artifact, Attempt, FailedFile, FileList, FileListChunk, Job, Node
from avio.db.sql import change, row
from avio.errors import NotFound
from avio.rules import history as rules
from avio.rules.callers import LOCAL_ADMIN
from avio.wire.results import Failure
from avio.wire.states import TERMINAL, JobType, State
from tests.contract.db import given
from tests.contract.db.concurrent import LIMIT, abreast

DAY = 86400
NEVER = {name: 0 for name in RetentionSettings.model_fields if name.endswith("_keep")}


@pytest.fixture(autouse=True)
def _users_and_node(db: str) -> None:
    given.user()
    given.user("bob")
    given.node()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes only between two steps: 10 ms each."""
    times = iter(range(10**9))
    monkeypatch.setattr("avio.aggregator.retention.time.monotonic", lambda: next(times) * 0.01)


def run(**keep: int) -> None:
    """Make a whole pass; the ages that are not in `keep` are for ever."""
    worker = Retention(RetentionSettings(**NEVER | keep))
    while not worker._rest_until:
        worker.bite()


def grow_old(job: str, days: float) -> str:
    """Let a job have ended so many days ago."""
    change(
        "UPDATE jobs SET finished_at = finished_at - ?, created_at = created_at - ? WHERE id = ?", days * DAY, 0, job
    )
    return job


def ended(state: State = State.FAILED, days: float = 10, **columns: object) -> str:
    """A job that ended so many days ago, and that no rule needs."""
    made = given.in_state(state)
    given.set_row(made, started_at=None, **columns)
    return grow_old(made, days)


def there() -> set[str]:
    return {job.id for job in Job.select(Job.id)}


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


def test_unused_lists_go_and_lists_of_jobs_stay_until_the_jobs_are_old() -> None:
    unused, queued, recent, old, fresh = (given.file_list() for _ in range(5))
    change("UPDATE filelists SET created_at = created_at - ? WHERE id <> ?", 10 * DAY, fresh)
    for list_id, days in ((queued, None), (recent, 8), (old, 10)):
        order = f'{{"fromFileList": true, "fileListId": "{list_id}"}}'
        job, _ = orders.insert(orders.NewJob(1, "", 1, order))
        if days is not None:
            given.claim(job.id)
            given.from_result(job.id, "failed")
            grow_old(job.id, days)

    run(list_keep=9 * DAY)

    assert {found.id for found in FileList.select()} == {queued, recent, fresh}
    assert {found.list_id for found in FileListChunk.select()} == {queued, recent, fresh}
    assert unused not in there()


def test_unfinished_uploads_go_and_young_ones_go_on() -> None:
    old, young = filelists.begin(1), filelists.begin(1)
    for no in range(9):
        filelists.append(old, no, b"/a\n")
    change("UPDATE filelists SET created_at = created_at - 100 WHERE id = ?", old)

    run(upload_keep=50)

    assert [found.id for found in FileList.select()] == [young]
    assert FileListChunk.select().count() == 0


def test_lost_nodes_go_and_what_they_leave_keeps_their_epochs_fenced() -> None:
    given.node("gone")
    given.node("gone")
    given.node("busy")
    given.node("silent")
    given.claim(given.job(), "busy")
    change("UPDATE nodes SET seen_at = seen_at - 100 WHERE name <> 'n1'")
    change("UPDATE nodes SET state = 'lost' WHERE name IN ('gone', 'busy', 'n1')")

    run(node_keep=50)

    assert {node.name for node in Node.select()} == {"n1", "busy", "silent"}
    assert given.node("gone") == 3
    assert not leases.renew("gone", 2, 60)
    assert given.node("new") == 3
    run(node_keep=50)
    assert row("SELECT count(*), max(epoch) FROM node_epochs") == (1, 2)


@pytest.mark.usefixtures("clock")
def test_a_bite_ends_when_its_time_is_over_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregator, "BITE_JOBS", 1)
    jobs = sorted(ended() for _ in range(12))
    worker = Retention(RetentionSettings(**NEVER | {"job_keep": DAY}))

    worker.bite()
    assert 9 <= len(there()) < 12
    seen = len(there())
    worker.bite()
    assert seen - 4 <= len(there()) < seen
    while not worker._rest_until:
        worker.bite()
    assert there() == set()
    assert jobs


@pytest.mark.usefixtures("clock")
def test_the_chunks_of_a_long_report_go_in_several_bites() -> None:
    job = ended()
    for no in range(40):
        artifacts.add(job, 1, "report", no, b"line\n")
    worker = Retention(RetentionSettings(**NEVER | {"artifact_keep": DAY}))

    worker.bite()

    assert 40 > Artifact.select().count() >= 40 - 4 * aggregator.BITE_CHUNKS


def test_after_a_pass_it_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Retention(RetentionSettings(**NEVER | {"job_keep": DAY}))
    worker.bite()
    job = ended()
    worker.bite()
    assert there() == {job}

    monkeypatch.setattr(aggregator, "boottime", lambda: worker._rest_until + 1)
    worker.bite()
    assert there() == set()


def test_a_job_that_can_not_be_deleted_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = ended(days=12), ended(days=10)
    delete: Callable[[list[str]], int] = retention.delete_jobs

    def refuse(jobs: list[str]) -> int:
        with transaction():
            if bad in jobs:
                change("INSERT INTO jobs SELECT * FROM jobs WHERE id = ?", bad)
            return delete(jobs)

    monkeypatch.setattr(retention, "delete_jobs", refuse)
    run(job_keep=DAY)

    assert there() == {bad} != {good}


def test_two_aggregators_delete_side_by_side() -> None:
    young = {ended(days=0) for _ in range(5)}
    for _ in range(40):
        artifacts.add(ended(), 1, "log", 0, b"text\n")

    abreast(2, lambda _: run(job_keep=DAY, artifact_keep=DAY))

    assert there() == young
    assert Artifact.select().count() == 0
    assert history.find(next(iter(young))) is not None


def test_a_job_that_another_transaction_has_is_left_for_later(db: str) -> None:
    if db.startswith("sqlite"):
        pytest.skip("SQLite has one writer at a time")
    busy, parent, free = ended(idem_key="key"), ended(), ended()
    retry = ended(days=0, retry_of=parent)
    artifacts.add(busy, 1, "log", 0, b"text\n")

    def pass_over() -> None:
        with borrow():
            run(**dict.fromkeys(NEVER, DAY))

    with ThreadPoolExecutor(1) as pool:
        with transaction():
            change("UPDATE jobs SET version = version + 1 WHERE id IN (?, ?)", busy, retry)
            pool.submit(pass_over).result(LIMIT / 10)
            assert there() == {busy, parent, retry}
        pass_over()
    assert there() == {retry} != {free}
