"""Retention of file lists and nodes, and that a bite is small and waits for nobody."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from avio.aggregator import retention as aggregator
from avio.aggregator.retention import Retention
from avio.config.retention import RetentionSettings
from avio.db import artifacts, filelists, history, leases, orders, retention
from avio.db.connection import borrow, transaction
from avio.db.models import Artifact, FileList, FileListChunk, Node
from avio.db.sql import change, row
from tests.contract.db import given
from tests.contract.db.concurrent import LIMIT, abreast
from tests.contract.db.old_jobs import DAY, NEVER, ended, grow_old, run, there
from tests.processes import wait_until


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
    wait_until(lambda: worker.bite() or aggregator.boottime() < worker._rest_until, 10, "a pass")
    job = ended()
    worker.bite()
    assert there() == {job}

    monkeypatch.setattr(aggregator, "boottime", lambda: worker._rest_until + 1)
    wait_until(lambda: worker.bite() or not there(), 10, "the next pass")


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
