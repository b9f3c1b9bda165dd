"""The three ways to load end alike, whichever is open: what the ways round lose is found and loaded again."""

import os
import signal
from collections.abc import Iterator

import pytest

from tests.alluxio.server_on_cluster import Make, Stage, assert_all_done
from tests.conftest import missing
from tests.e2e.file_trees import small_files
from tests.processes import wait_until
from tests.servers.alluxio import NoAlluxio, alluxio

WORKERS, LOAD_JOB, JOB_SERVICE = "the workers' Load", "Alluxio's load job", "the job service"
GRPC_CLOSED = {"masters": []}


@pytest.fixture(scope="module")
def hidden_workers(make_stage: Make, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A cluster whose workers the master can reach, and avio can not."""
    try:
        with alluxio(tmp_path_factory.mktemp("hidden"), hidden=True) as cluster, make_stage(cluster) as made:
            yield made
    except NoAlluxio as error:
        missing(str(error))


def test_by_the_workers_load(stage: Stage) -> None:
    assert_the_same_end(stage, WORKERS, "workers")


def test_by_the_load_job_where_no_worker_can_be_reached(hidden_workers: Stage) -> None:
    assert_the_same_end(hidden_workers, LOAD_JOB, "load-job")


def test_what_has_come_shows_before_its_window_has_ended(hidden_workers: Stage) -> None:
    # Given a preload by the load job that is under way
    books = hidden_workers.books
    tree = small_files(3000, "frozen", size=16_000)
    books.cluster.put(tree)
    job = hidden_workers.user.order("preload", "/frozen")
    wait_until(lambda: books.percents("/frozen").get(100, 0) > 1100, 360, "some files in the cache")

    # When the worker stands still in the middle of a window
    os.kill(books.cluster.pid("worker"), signal.SIGSTOP)
    try:
        # Then all that the master has as cached is shown, and no more
        with hidden_workers.user.client() as client:
            wait_until(
                lambda: client.job(job)["progress"]["done"]["files"] == books.percents("/frozen")[100],
                60,
                "all that is cached shows",
            )
        assert books.percents("/frozen")[100] < len(tree), "the stop did not fall into the run"
    finally:
        os.kill(books.cluster.pid("worker"), signal.SIGCONT)

    # And all is there in the end
    assert_all_done(hidden_workers.end_of(job), len(tree), sum(map(len, tree.values())))


def test_by_the_job_service_where_grpc_is_closed(make_stage: Make, stage: Stage) -> None:
    with make_stage(stage.books.cluster, **GRPC_CLOSED) as closed:
        assert_the_same_end(closed, JOB_SERVICE, "job-service")


def test_what_the_job_service_loses_is_found_and_loaded_again(make_stage: Make, stage: Stage) -> None:
    # Given a preload by the job service that is under way
    tree = small_files(1500, "lost", size=16_000)
    size = sum(map(len, tree.values()))
    stage.books.empty_all()
    stage.books.cluster.put(tree)
    with make_stage(stage.books.cluster, **GRPC_CLOSED) as closed:
        job = closed.user.order("preload", "/lost")
        wait_until(lambda: stage.books.percents("/lost").get(100, 0) > 100, 360, "some files in the cache")

        # When its worker is killed, with all the tasks that it was given, and some of what was loaded is dropped
        stage.books.cluster.kill("job-worker")
        stage.books.call("/lost/000", "free", {"recursive": True})
        stage.books.cluster.start("job-worker")

        # Then all is there in the end
        ended = closed.end_of(job)
        assert_all_done(ended, len(tree), size)
        assert stage.books.percents("/lost") == {100: len(tree)}
        assert JOB_SERVICE in closed.log(ended)


def assert_the_same_end(stage: Stage, way: str, folder: str) -> None:
    stage.books.empty_all()
    tree = small_files(600, folder, size=16_000) | {f"{folder}/blocks": bytes(range(250)) * 10_000, f"{folder}/no": b""}
    stage.books.cluster.put(tree)
    size = sum(map(len, tree.values()))

    job = stage.run("preload", f"/{folder}")

    assert_all_done(job, len(tree), size)
    assert f"blocks are loaded by {way}" in stage.log(job)
    assert stage.books.percents(f"/{folder}") == {100: len(tree)}
    assert sum(stage.books.held().values()) == size
