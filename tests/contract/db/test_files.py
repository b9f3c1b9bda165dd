"""Uploaded file lists, and the artifacts that attempts leave: kept in chunks."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from avio.db import artifacts, filelists, orders
from avio.db.connection import borrow, transaction
from avio.db.sql import change, rows
from tests.contract.db import given
from tests.contract.db.concurrent import LIMIT, abreast

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(autouse=True)
def _user(db: str) -> None:
    given.user()


def test_a_list_counts_once_it_is_complete_and_for_its_owner_alone() -> None:
    list_id = filelists.begin(1)
    filelists.append(list_id, 0, b"/a\n/b")
    filelists.append(list_id, 1, b"b\n")
    assert filelists.find(list_id, 1) is None

    filelists.complete(list_id, 2, 2)

    found = filelists.find(list_id, 1)
    assert found is not None
    assert (found.lines, found.bytes) == (2, 7)
    assert filelists.find(list_id, 2) is None
    assert b"".join(filelists.read(list_id)) == b"/a\n/bb\n"


def test_a_list_that_lost_a_chunk_does_not_count() -> None:
    list_id = filelists.begin(1)
    filelists.append(list_id, 0, b"/a\n")
    filelists.append(list_id, 1, b"/b\n")
    change("DELETE FROM filelist_chunks WHERE no = 0")

    with pytest.raises(filelists.Gone):
        filelists.complete(list_id, 2, 2)
    assert filelists.find(list_id, 1) is None


def test_a_deleted_list_takes_no_further_chunk_and_can_not_be_completed() -> None:
    list_id = filelists.begin(1)
    filelists.append(list_id, 0, b"/a\n")
    assert filelists.close(list_id)
    assert filelists.delete_some(list_id, 5)

    with pytest.raises(filelists.Gone):
        filelists.append(list_id, 1, b"/b\n")
    with pytest.raises(filelists.Gone):
        filelists.complete(list_id, 2, 2)
    assert change("DELETE FROM filelist_chunks") == 0


def test_a_deletion_goes_chunk_by_chunk_and_stops_at_a_list_that_counts() -> None:
    list_id = filelists.begin(1)
    for no in range(5):
        filelists.append(list_id, no, b"/a\n")

    assert [filelists.delete_some(list_id, 2) for _ in range(3)] == [False, False, True]
    assert filelists.get(list_id, 1) is None

    complete = given.file_list()
    assert filelists.delete_some(complete, 2)
    assert filelists.find(complete, 1) is not None


def test_a_user_has_a_number_of_lists_and_of_bytes() -> None:
    first = filelists.begin(1, lists_max=2, bytes_max=10)
    filelists.append(first, 0, b"123456", bytes_max=10)
    second = filelists.begin(1, lists_max=2, bytes_max=10)
    with pytest.raises(filelists.Full, match="bytes"):
        filelists.append(second, 0, b"12345", bytes_max=10)
    filelists.append(second, 0, b"1234", bytes_max=10)

    with pytest.raises(filelists.Full, match="2 file lists"):
        filelists.begin(1, lists_max=2, bytes_max=100)
    with pytest.raises(filelists.Full, match="bytes"):
        filelists.begin(1, lists_max=9, bytes_max=10)
    filelists.begin(given.user("bob"), lists_max=2, bytes_max=10)


def test_uploads_at_once_pass_no_limit() -> None:
    def upload(_: int) -> int:
        made = 0
        for _ in range(4):
            try:
                filelists.append(filelists.begin(1, lists_max=5), 0, b"123456", bytes_max=25)
                made += 1
            except filelists.Full:
                pass
        return made

    assert sum(abreast(4, upload)) == 4
    assert rows("SELECT count(*) <= 5, sum(bytes) FROM filelists") == [(True, 24)]


def test_a_job_that_is_submitted_meanwhile_keeps_its_list_and_a_deleted_list_takes_no_job() -> None:
    used, deleted = given.file_list(), given.file_list()
    order = '{"fromFileList": true, "fileListId": "%s"}'

    with ThreadPoolExecutor(1) as pool:
        with transaction():
            orders.insert(orders.NewJob(1, "", 1, order % used))
            closing = pool.submit(_close, used)
            time.sleep(0.3)
            assert not closing.done()
        assert closing.result(LIMIT) is False
    assert filelists.close(deleted)

    with pytest.raises(orders.Deleted, match=deleted):
        orders.insert(orders.NewJob(1, "", 1, order % deleted))


def _close(list_id: str) -> bool:
    with borrow():
        return filelists.close(list_id)


def test_a_list_that_is_not_there_has_no_text() -> None:
    assert list(filelists.read("01ARZ3NDEKTSV4RRFFQ69G5FAV")) == []


def test_an_artifact_comes_back_as_it_was_and_a_chunk_that_is_sent_twice_counts_once() -> None:
    job = given.job()
    artifacts.add(job, 1, "log", 0, b"first\n" * 1000)
    artifacts.add(job, 1, "log", 1, b"second\n")
    artifacts.add(job, 1, "log", 1, b"again\n")

    assert artifacts.numbers(job, 1, "log") == [0, 1]
    assert list(artifacts.read(job, 1, "log")) == [b"first\n" * 1000, b"second\n"]
    assert artifacts.next_chunk(job, 1, "log", 0) == (1, b"second\n")

    artifacts.replace(job, 1, "log", 2, b"third\n")
    artifacts.replace(job, 1, "log", 2, b"third and more\n")
    artifacts.drop(job, 1, "log", 1)
    assert list(artifacts.read(job, 1, "log")) == [b"first\n" * 1000, b"third and more\n"]
    assert artifacts.chunk(job, 1, "log", 1) == b""


def test_artifacts_of_attempts_and_kinds_are_kept_apart() -> None:
    job = given.job()
    artifacts.add(job, 1, "report", 0, b"one")
    artifacts.add(job, 2, "report", 0, b"two")

    assert artifacts.newest_attempt(job, "report") == 2
    assert artifacts.newest_attempt(job, "result") is None
    assert list(artifacts.read(job, 1, "report")) == [b"one"]
    assert list(artifacts.read(job, 2, "log")) == []
