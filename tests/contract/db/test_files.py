"""Uploaded file lists, and the artifacts that attempts leave: kept in chunks."""

import pytest

from avio.db import artifacts, filelists
from avio.db.sql import change
from tests.contract.db import given

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(autouse=True)
def _user(db: str) -> None:
    given.user()


def test_a_list_counts_once_it_is_complete_and_for_its_owner_alone() -> None:
    list_id = filelists.begin(1)
    filelists.append(list_id, 0, b"/a\n/b")
    filelists.append(list_id, 1, b"b\n")
    assert filelists.find(list_id, 1) is None

    filelists.complete(list_id, 2, 7)

    found = filelists.find(list_id, 1)
    assert found is not None
    assert (found.lines, found.bytes) == (2, 7)
    assert filelists.find(list_id, 2) is None
    assert b"".join(filelists.read(list_id)) == b"/a\n/bb\n"


def test_an_upload_that_was_abandoned_is_dropped_and_others_are_not() -> None:
    complete, abandoned, fresh = (filelists.begin(1) for _ in range(3))
    filelists.append(abandoned, 0, b"/a\n")
    filelists.complete(complete, 0, 0)
    change("UPDATE filelists SET created_at = created_at - 100 WHERE id IN (?, ?)", complete, abandoned)

    assert filelists.drop_abandoned(50) == 1

    assert list(filelists.read(abandoned)) == []
    filelists.complete(fresh, 0, 0)
    assert filelists.find(complete, 1) is not None
    assert filelists.find(fresh, 1) is not None


def test_a_list_that_is_not_there_has_no_text() -> None:
    assert list(filelists.read("01ARZ3NDEKTSV4RRFFQ69G5FAV")) == []


def test_an_artifact_comes_back_as_it_was_and_a_chunk_that_is_sent_twice_counts_once() -> None:
    job = given.job()
    artifacts.add(job, 1, "log", 0, b"first\n" * 1000)
    artifacts.add(job, 1, "log", 1, b"second\n")
    artifacts.add(job, 1, "log", 1, b"again\n")

    assert artifacts.count(job, 1, "log") == 2
    assert list(artifacts.read(job, 1, "log")) == [b"first\n" * 1000, b"second\n"]
    assert list(artifacts.read(job, 1, "log", first=1)) == [b"second\n"]


def test_artifacts_of_attempts_and_kinds_are_kept_apart() -> None:
    job = given.job()
    artifacts.add(job, 1, "report", 0, b"one")
    artifacts.add(job, 2, "report", 0, b"two")

    assert artifacts.newest_attempt(job, "report") == 2
    assert artifacts.newest_attempt(job, "result") is None
    assert list(artifacts.read(job, 1, "report")) == [b"one"]
    assert list(artifacts.read(job, 2, "log")) == []
