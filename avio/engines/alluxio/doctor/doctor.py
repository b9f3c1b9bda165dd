"""Checks that a cluster has what avio needs, and says what to change.

Used by `avio-server doctor`. Read-only.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from avio.engines.alluxio.clients.cluster import Clients, open_clients
from avio.engines.alluxio.clients.cluster_info import ClusterInfo, WorkerInfo
from avio.engines.alluxio.clients.settings import AlluxioSettings
from avio.engines.alluxio.doctor.rules import of_cluster, of_job_service, of_worker
from avio.errors import EngineError
from avio.findings import Finding, fault, good, warning


def examine(settings: AlluxioSettings) -> list[Finding]:
    """Return the findings. A part that does not answer is a finding, never an error."""
    clients = open_clients(settings)
    try:
        return [*_findings(clients, settings)]
    finally:
        clients.close()


def _findings(clients: Clients, settings: AlluxioSettings) -> Iterator[Finding]:
    yield from _told("master", partial(_master, clients))
    yield from _told("proxy", partial(_proxy, clients))
    try:
        cluster = clients.info.cluster(fresh=True)
    except EngineError as error:
        yield fault("master's web port", error.message, error.cure)
        return
    yield from of_cluster(cluster, settings)
    yield from _told("job service", lambda: of_job_service(cluster, clients.jobs.worker_hosts()))
    if not cluster.workers:
        yield fault("workers", "the cluster has no worker", "start Alluxio's workers")
    for worker in cluster.workers:
        yield from _told(f"worker {worker.address}", partial(_worker, clients, cluster, worker))


def _told(subject: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Yield the findings of `look`. An error of the engine becomes a fault of `subject`."""
    try:
        yield from look()
    except EngineError as error:
        yield fault(subject, error.message, error.cure)


def _master(clients: Clients) -> Iterator[Finding]:
    if clients.master is not None:
        for mount in clients.master.mounts():
            clients.master.page(mount.path, recursive=False, size=1)
        yield good("master", "answers by gRPC, and avio may list every mount")
    elif clients.proxy is not None:
        yield warning(
            "master",
            "is not set: avio uses the proxy alone, which is slower",
            'set masters = ["host:19998"] in [alluxio]',
        )
    else:
        yield fault("master", "is not set, and no proxy is set", 'set masters = ["host:19998"] in [alluxio]')


def _proxy(clients: Clients) -> Iterator[Finding]:
    if clients.proxy is not None:
        clients.proxy.check()
        yield good("proxy", "answers file calls")


def _worker(clients: Clients, cluster: ClusterInfo, worker: WorkerInfo) -> Iterator[Finding]:
    clients.workers.check(worker.address)
    yield from of_worker(cluster, worker, clients.info.worker_configuration(worker))
