"""Proxy, web ports and job master by REST, on a real cluster."""

import time

import pytest
from obstore.store import ObjectStore

from avio.engines.alluxio.clients.cluster import Clients
from avio.engines.alluxio.clients.errors import Refused
from avio.engines.alluxio.clients.job_master import JobMaster, JobState, JobStatus
from avio.engines.alluxio.clients.proxy import Proxy
from avio.engines.alluxio.clients.status import Persistence
from avio.errors import PathNotFound
from tests.contract.alluxio.cluster_files import Tree
from tests.processes import wait_until
from tests.servers.alluxio import Cluster

pytestmark = pytest.mark.alluxio


@pytest.fixture
def proxy(clients: Clients) -> Proxy:
    assert clients.proxy is not None
    return clients.proxy


def test_the_proxy_tells_the_same_as_the_master(tree: Tree, proxy: Proxy) -> None:
    tree.put("a", "d/ü #;% 文")
    tree.load()

    assert proxy.listing(tree.path, recursive=True) == [*tree.master.listing(tree.path, recursive=True)]
    assert proxy.status(f"{tree.path}/a") == tree.master.status(f"{tree.path}/a")
    assert [status.path for status in proxy.listing(f"{tree.path}/a")] == [f"{tree.path}/a"]
    proxy.check()


def test_the_proxy_syncs_and_frees(tree: Tree, proxy: Proxy, alluxio_cluster: Cluster) -> None:
    tree.put("a", size=10)
    tree.load()
    (alluxio_cluster.ufs / tree.path[1:] / "b").write_bytes(b"new")

    proxy.sync(tree.path)
    assert len(proxy.listing(tree.path)) == 2
    proxy.free(tree.path, recursive=True)

    tree.wait_until_cached(0)


def test_what_is_not_there_is_not_found_by_the_proxy_either(tree: Tree, proxy: Proxy) -> None:
    with pytest.raises(PathNotFound):
        proxy.status(tree.path)
    with pytest.raises(PathNotFound):
        proxy.listing(tree.path)


def test_the_free_of_an_unsaved_file_is_refused(tree: Tree, proxy: Proxy, alluxio_cluster: Cluster) -> None:
    alluxio_cluster.write(tree.path, b"precious")

    with pytest.raises(Refused, match="not persisted"):
        proxy.free(tree.path, recursive=False)
    with pytest.raises(Refused, match="not persisted"):
        tree.master.free(tree.path, recursive=False)


def test_workers_tiers_mounts_and_settings_are_told(tree: Tree, clients: Clients, alluxio_cluster: Cluster) -> None:
    cluster = clients.info.cluster()

    (worker,) = cluster.workers
    assert worker.address == (alluxio_cluster.hosts[1], alluxio_cluster.port("worker.rpc", 1))
    assert worker.live
    assert [*worker.tiers] == [*cluster.tiers] == ["MEM", "SSD", "HDD"]
    assert [tier.capacity for tier in worker.tiers.values()] == [64 << 20, 256 << 20, 1 << 30]
    assert cluster.version == "2.9.6"
    assert cluster.mounts == tuple(tree.master.mounts())
    assert cluster.configuration["alluxio.security.authentication.type"] == "SIMPLE"
    assert clients.info.worker_configuration(worker)["alluxio.worker.tieredstore.levels"] == "3"


def test_a_worker_tells_at_once_what_its_tiers_hold(tree: Tree, clients: Clients) -> None:
    (worker,) = clients.info.cluster().workers
    before = clients.info.worker_tiers(worker)["MEM"].used
    tree.put("a")

    clients.workers.load(worker.address, tree.blocks(), tag="test", limit=60)

    assert clients.info.worker_tiers(worker)["MEM"].used == before + 1_500_000


def ended(jobs: JobMaster, job_id: int) -> JobStatus:
    wait_until(lambda: jobs.status(job_id).state.ended, 180, "the job ended")
    return jobs.status(job_id)


def test_the_job_service_loads_a_batch_of_files(tree: Tree, clients: Clients) -> None:
    tree.put("a", "b", "c", size=1000)

    assert ended(clients.jobs, clients.jobs.load([*tree.files])).state is JobState.COMPLETED

    tree.wait_until_cached(100)


def test_a_job_that_fails_says_why(tree: Tree, clients: Clients) -> None:
    status = ended(clients.jobs, clients.jobs.load([tree.path + "/none"]))

    assert status.state is JobState.FAILED
    assert "does not exist" in status.message


def test_a_file_is_persisted_by_the_job_service_and_then_marked(
    tree: Tree, clients: Clients, alluxio_cluster: Cluster, bucket: ObjectStore, proxy: Proxy
) -> None:
    path = f"/s3/{tree.path[1:]}"
    alluxio_cluster.write(path, b"precious")
    before = proxy.status(path)

    job = clients.jobs.persist(path, mount_id=before.mount_id, ufs_path=before.ufs_path)
    status = ended(clients.jobs, job)

    assert (status.state, status.paths) == (JobState.COMPLETED, (path,))
    assert job in clients.jobs.find("Persist", [JobState.COMPLETED])
    assert bytes(bucket.get(tree.path[1:]).bytes()) == b"precious"
    assert proxy.status(path).persistence is Persistence.NOT_PERSISTED
    proxy.mark_persisted(path)
    assert proxy.status(path).persistence is Persistence.PERSISTED


def test_a_job_is_cancelled(tree: Tree, clients: Clients) -> None:
    tree.put(*(f"f{n}" for n in range(60)), size=1 << 20)

    job = clients.jobs.load([*tree.files])
    clients.jobs.cancel(job)

    assert ended(clients.jobs, job).state in (JobState.CANCELED, JobState.COMPLETED)


def test_jobs_that_are_cancelled_at_any_moment_leave_the_job_master_at_work(tree: Tree, clients: Clients) -> None:
    tree.put(*(f"f{n}" for n in range(20)), size=1000)
    paths = [*tree.files]

    for no in range(20):
        jobs = [clients.jobs.load(paths[start : start + 5]) for start in range(0, 20, 5)]
        time.sleep(no * 0.05)
        for job in jobs:
            clients.jobs.cancel(job)
        assert all(ended(clients.jobs, job).state.ended for job in jobs)


def test_a_job_that_is_not_known_is_not_found(clients: Clients) -> None:
    with pytest.raises(PathNotFound):
        clients.jobs.status(99)


def test_job_workers_are_told_by_host(clients: Clients, alluxio_cluster: Cluster) -> None:
    assert clients.jobs.worker_hosts() == {alluxio_cluster.hosts[1]}
