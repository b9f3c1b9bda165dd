"""kill -9 of a worker, the job master and the master during a preload: it succeeds, with every file in the cache."""

import time
from collections.abc import Iterator

import pytest

from tests.alluxio.server_on_cluster import Make, Stage, assert_all_done
from tests.conftest import missing
from tests.e2e.file_trees import small_files
from tests.servers.alluxio import NoAlluxio, alluxio

FILES = 5000
BANDWIDTH = 200_000  # bytes a second for each worker: the tree takes some twenty seconds, on a fast machine too
AWAY = 3.0  # seconds that a daemon is away for
LOSS_LIMIT = 150.0  # seconds in which a job must end that has lost all workers


@pytest.fixture(scope="module")
def two_workers(make_stage: Make, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    try:
        with (
            alluxio(tmp_path_factory.mktemp("two"), workers=2) as cluster,
            make_stage(cluster, bandwidth=BANDWIDTH) as made,
        ):
            yield made
    except NoAlluxio as error:
        missing(str(error))


@pytest.fixture
def under_way(two_workers: Stage, request: pytest.FixtureRequest) -> tuple[Stage, str, int, str]:
    """Return a preload of 5,000 files that has done some of them: stage, path, bytes, job."""
    folder = request.node.name.removeprefix("test_")
    tree = small_files(FILES, folder)
    two_workers.books.cluster.put(tree)
    job = two_workers.user.order("preload", f"/{folder}")
    two_workers.wait_for_files(job, 200)
    return two_workers, f"/{folder}", sum(map(len, tree.values())), job


Case = tuple[Stage, str, int, str]


def test_a_worker_is_lost_for_good(under_way: Case) -> None:
    stage, path, size, job = under_way
    cluster = stage.books.cluster
    assert stage.books.hosts(path) == {"127.0.0.1", "127.0.0.2"}

    cluster.kill("worker", 2)

    assert_the_kill_fell_into_the_run(stage, path)
    ended = stage.end_of(job)
    assert_all_done(ended, FILES, size)
    assert "worker 127.0.0.2" in stage.log(ended)
    assert stage.books.percents(path) == {100: FILES}
    # Alluxio may name the dead worker for some minutes: what counts is on the living one
    assert stage.books.bytes_on("127.0.0.1", path) == size
    cluster.start("worker", 2)


def test_the_job_master_is_restarted(under_way: Case) -> None:
    stage, path, size, job = under_way

    stage.books.cluster.kill("job-master")
    assert_the_kill_fell_into_the_run(stage, path)
    stage.books.cluster.start("job-master")

    assert_all_done(stage.end_of(job), FILES, size)
    assert stage.books.percents(path) == {100: FILES}


def test_the_master_is_restarted(under_way: Case) -> None:
    stage, path, size, job = under_way
    assert_the_kill_fell_into_the_run(stage, path)

    stage.books.cluster.kill("master")
    time.sleep(AWAY)
    stage.books.cluster.start("master")

    assert_all_done(stage.end_of(job), FILES, size)
    assert stage.books.percents(path) == {100: FILES}


def test_all_workers_are_lost_for_good(under_way: Case) -> None:
    stage, path, _, job = under_way
    cluster = stage.books.cluster
    assert_the_kill_fell_into_the_run(stage, path)

    began = time.monotonic()
    for n in cluster.hosts:
        cluster.kill("worker", n)
    ended = stage.end_of(job)

    # Then the job fails in time, for the reason that is true, and counts nothing as cached
    assert time.monotonic() - began < LOSS_LIMIT
    assert (ended["status"], ended["reason"]) == ("failed", "NO_WORKERS")
    log = stage.log(ended)  # the message of the API has no addresses
    assert "127.0.0.1" in log
    assert "127.0.0.2" in log
    assert ended["progress"]["total"]["files"] == FILES
    assert ended["progress"]["done"] == {"files": 0, "bytes": 0}


def assert_the_kill_fell_into_the_run(stage: Stage, path: str) -> None:
    assert stage.books.percents(path).get(0, 0) > 0, "the kill came too late"
