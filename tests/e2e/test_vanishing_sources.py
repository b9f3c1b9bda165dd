"""Cached files that are deleted behind a preload's back: it never succeeds with less than all.

Between the last byte and the question what is there, every job here waits a second.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.file_trees import Tree, small_files, upload
from tests.e2e.running_server import Make, Stage
from tests.processes import wait_until
from tests.servers.seaweed import S3Server

pytestmark = pytest.mark.faults

EARLY, LATE, AGAIN = (small_files(400, folder) for folder in ("early", "late", "again"))


@pytest.fixture(scope="module")
def stage(make_stage: Make, seaweed_server: S3Server) -> Iterator[Stage]:
    with make_stage(seaweed_server, nodes=("n1",), fault="executor.before-verify:delay:1") as made:
        for tree in (EARLY, LATE, AGAIN):
            upload(made.bucket, tree)
        yield made


def test_what_is_deleted_while_files_arrive_is_brought_again(stage: Stage) -> None:
    job = stage.user.order("preload", "/data/early")
    wait_until(lambda: stage.cache.names("early"), 20, "a file in the cache")
    deleted = sorted(stage.cache.names("early"))

    for name in deleted:
        stage.cache.file(name).unlink()

    assert_all_there(stage, job, EARLY)


def test_what_is_deleted_after_the_last_byte_and_before_the_end_is_brought_again(stage: Stage) -> None:
    # Given a preload whose last file has arrived
    job = stage.user.order("preload", "/data/late")
    wait_until(lambda: len(stage.cache.names("late")) == len(LATE), 20, "all files in the cache")

    # When half of them are deleted before the job has ended
    for name in list(LATE)[::2]:
        stage.cache.file(name).unlink()
    with stage.user.client() as client:
        assert client.job(job)["status"] == "running"

    # Then they are brought again
    assert_all_there(stage, job, LATE)


def test_a_job_whose_files_are_deleted_again_and_again_ends_partial_and_names_them(stage: Stage) -> None:
    # Given somebody who deletes two files as often as they arrive
    victims = sorted(AGAIN)[:2]
    with deleting([stage.cache.file(name) for name in victims]):
        # When the directory is preloaded
        run = stage.user.avio("preload", "/data/again", "--wait")

    # Then the job does not succeed, and says what is missing and why
    assert run.returncode == 3, run.stderr
    job = stage.user.json("job", "show", "@last")
    assert (job["status"], job["reason"]) == ("partial", "NOT_THERE")
    counted = job["progress"]
    assert (counted["done"]["files"], counted["failed"]["files"]) == (len(AGAIN) - 2, 2)
    assert job["verified"]["files"] == len(AGAIN) - 2
    report = stage.user.avio("report", job["id"], "--failed").stdout
    assert [line.split("\t")[4:6] for line in sorted(report.splitlines())] == [
        ["NOT_THERE", f"/data/{name}"] for name in victims
    ]


@contextmanager
def deleting(files: list[Path]) -> Iterator[None]:
    """Delete `files` as often as they appear, until the end of the block."""
    over = threading.Event()

    def delete() -> None:
        while not over.wait(0.005):
            for file in files:
                file.unlink(missing_ok=True)

    thread = threading.Thread(target=delete)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def assert_all_there(stage: Stage, job: str, tree: Tree) -> None:
    """Wait for the end of the job, which must be a success that is true."""
    ended = stage.user.watch(job)[-1]
    assert ended["status"] == "succeeded"
    assert ended["progress"]["done"] == ended["verified"] == {"files": len(tree), "bytes": sum(map(len, tree.values()))}
    assert stage.cache.holds(tree)
