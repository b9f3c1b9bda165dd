"""kill -9 of each part while a preload runs: the job succeeds all the same, and its counters and files are right."""

import time
from collections.abc import Callable, Iterator

import pytest

from avio.client import follow
from avio.client.shapes import JobInfo
from tests.e2e.file_trees import small_files, upload
from tests.e2e.restarting_manager import kill
from tests.e2e.running_server import Make, Stage
from tests.processes import is_alive, kept, wait_until
from tests.servers.seaweed import S3Server

pytestmark = pytest.mark.faults

TREE = small_files(2200, "train", size=2048)
BYTES = sum(map(len, TREE.values()))
END_LIMIT = 90.0  # seconds


@pytest.fixture(scope="module")
def module_stage(make_stage: Make, seaweed_server: S3Server) -> Iterator[Stage]:
    # Slow enough that a kill falls into the run: with 8 threads, 2,200 files take more than 2.7 s
    with make_stage(seaweed_server, fault="download.temporary:delay:0.01") as made:
        upload(made.bucket, TREE)
        yield made


@pytest.fixture
def stage(module_stage: Stage) -> Iterator[Stage]:
    yield module_stage
    module_stage.cache.empty()


def job_process(stage: Stage, _: str) -> None:
    [process] = stage.cluster.job_processes()
    kill(process)


def keeper(stage: Stage, node: str) -> None:
    [process] = stage.cluster.job_processes()
    kill(stage.cluster.manager.pid(node))
    wait_until(lambda: not is_alive(process), 5, "the end of its job process")


def intake(stage: Stage, node: str) -> None:
    kill(stage.cluster.intake(node))


def aggregator(stage: Stage, _: str) -> None:
    kill(stage.cluster.manager.pid("aggregator"))


def valkey(stage: Stage, _: str) -> None:
    stage.valkey.kill()
    time.sleep(1)  # away for a while: the others notice, and go on
    stage.valkey.start()
    kept.add(stage.valkey.pid)


@pytest.mark.parametrize("killing", [job_process, keeper, intake, aggregator, valkey])
def test_a_preload_succeeds_though_a_part_is_killed(stage: Stage, killing: Callable[[Stage, str], None]) -> None:
    # Given a preload that is under way
    job, node = begin_preload(stage)

    # When a part is killed, in the middle of it
    killing(stage, node)
    arrived = len(stage.cache.names())
    assert 0 < arrived < len(TREE), "the kill did not fall into the run"

    # Then the job succeeds, with the counters of all its files, and each is there byte by byte
    ended = end_of(stage, job)
    assert_all_there(stage, ended)
    assert stage.cache.temporaries() == []
    if killing in (
        job_process,
        keeper,
    ):  # with any other, the job process goes on, unless its node is too slow to renew
        assert ended["attempt"] >= 2


def test_the_other_node_ends_the_job_of_one_that_is_gone_for_good(stage: Stage) -> None:
    # Given a preload that is under way
    job, node = begin_preload(stage)

    # When its whole node is gone, and does not come back
    stage.cluster.manager.lose(node)
    assert 0 < len(stage.cache.names()) < len(TREE), "the kill did not fall into the run"

    # Then the job is taken back once the lease is over, and another node does it
    try:
        ended = end_of(stage, job)
        assert_all_there(stage, ended)
        nodes = stage.cluster.query("SELECT node FROM attempts WHERE job_id = %s ORDER BY attempt", job)
        assert (nodes[0], nodes[-1]) == ((node,), ({"n1": "n2", "n2": "n1"}[node],))
    finally:
        stage.cluster.manager.bring_back(node)

    # And what it had begun is swept once it is back
    wait_until(lambda: stage.cache.temporaries() == [], 20, "the sweep")


def begin_preload(stage: Stage) -> tuple[str, str]:
    """Return a preload that has brought some of its files, and the node that it runs on."""
    wait_until(stage.cluster.is_ready, 20, "recovery from the test before")
    job = stage.user.order("preload", "/data/train")
    wait_until(lambda: len(stage.cache.names()) > 200, 20, "some files in the cache")
    with stage.user.client() as client:
        info = client.job(job)
    assert info["status"] == "running"
    assert info["node"] is not None
    return job, info["node"]


def end_of(stage: Stage, job: str) -> JobInfo:
    with stage.user.client() as client:
        [*_, ended] = follow(client, job, limit=END_LIMIT)
    return ended


def assert_all_there(stage: Stage, job: JobInfo) -> None:
    assert (job["status"], job["reason"]) == ("succeeded", None)
    counted = job["progress"]
    assert counted["total"] == {"files": len(TREE), "bytes": BYTES, "complete": True}
    assert counted["done"] == {"files": len(TREE), "bytes": BYTES}
    assert counted["failed"] == {"files": 0, "bytes": 0}
    assert counted["percent"] == 100
    assert job["verified"] == {"files": len(TREE), "bytes": BYTES}
    assert stage.cache.holds(TREE)
