"""What is checked once a job is claimed: whether a free is still allowed, and whether its file list is whole."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.db import filelists
from avio.db.models import User
from tests.contract.db import given
from tests.unit.supervisor.intake.claiming_node import Node, list_job


@pytest.fixture
def node(tables: str, tmp_path: Path) -> Iterator[Node]:
    made = Node(tmp_path / "spool")
    yield made
    made.close()


def free_job(uid: int) -> str:
    """A queued free job of a user, at /data."""
    return given.job(uid=uid, type=4, path="/data", run_at=1)


@pytest.mark.parametrize("admin", [False, True])
def test_a_free_that_waited_is_refused_if_a_job_of_another_user_uses_the_path_now(node: Node, admin: bool) -> None:
    ada, bob = 1, given.user("bob")
    User.update(admin=admin).where(User.uid == ada).execute()
    given.job(uid=ada, state="succeeded", finished_at=1.0, started_at=0.5)
    free = free_job(ada)
    other = given.job(uid=bob, state="succeeded", finished_at=2.0, files_done=1)

    node.claimer.poll()

    if admin:
        assert node.started() == [free]
        return
    assert (node.started(), node.slots.held()) == ([], {})
    row = given.row(free)
    assert (row["state"], row["reason"]) == ("failed", "FORBIDDEN")
    assert f"/data is used by job {other} of bob" in row["message"]


def test_a_free_that_nobody_objects_to_begins(node: Node) -> None:
    given.job(state="succeeded", finished_at=1.0, started_at=0.5)
    free = free_job(1)

    node.claimer.poll()

    assert node.started() == [free]


def test_a_job_whose_file_list_is_gone_fails_by_that_name_and_does_not_run_on_nothing(node: Node) -> None:
    gone, closed, there = "01ARZ3NDEKTSV4RRFFQ69G5FAV", given.file_list(), given.file_list()
    assert filelists.close(closed)
    jobs = [list_job(list_id) for list_id in (gone, closed, there)]

    node.claimer.poll()
    node.claimer.poll()

    assert node.started() == jobs[2:]
    for job, list_id in zip(jobs, (gone, closed), strict=False):
        row = given.row(job)
        assert (row["state"], row["reason"]) == ("failed", "NOT_FOUND")
        assert row["message"] == f"no file list {list_id}; upload the list again, and submit a new job"


def test_an_attempt_that_never_begins_leaves_nothing_in_the_spool(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_off(_: str) -> Iterator[bytes]:
        yield b"/data/f\n"
        raise OSError(errno.ENOSPC, "No space left on device")

    gone, full = list_job("01ARZ3NDEKTSV4RRFFQ69G5FAV"), list_job(given.file_list())
    monkeypatch.setattr(filelists, "read", broken_off)

    node.claimer.poll()

    assert (given.state(gone), given.state(full)) == ("failed", "queued")
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_list_that_is_deleted_while_it_is_read_is_no_shorter_list(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = filelists.begin(1)
    for number in range(3):
        filelists.append(made, number, b"/data/f\n")
    filelists.complete(made, 3, 3)
    job, read = list_job(made), filelists.read

    def meanwhile_deleted(list_id: str) -> Iterator[bytes]:
        chunks = read(list_id)
        yield next(chunks)
        assert filelists.close(list_id)
        assert filelists.delete_some(list_id, 9)
        yield from chunks

    monkeypatch.setattr(filelists, "read", meanwhile_deleted)

    node.claimer.poll()

    assert node.started() == []
    assert (given.row(job)["state"], given.row(job)["reason"]) == ("failed", "NOT_FOUND")
