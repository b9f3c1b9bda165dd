"""Rules about the settings of a cluster, by what master and workers report.

Used by the doctor. Each rule is explained in docs/alluxio.md. Opens nothing.
"""

from collections.abc import Iterator, Mapping

from avio.engines.alluxio.clients.cluster_info import ClusterInfo, WorkerInfo
from avio.engines.alluxio.clients.settings import AlluxioSettings
from avio.findings import Finding, fault, good, note, warning

TESTED_RELEASE = "2.9"
MIN_COMMITS = 64  # blocks that a worker should be able to commit at a time

_MOVERS = ("align", "promote", "swap.restore")


def of_cluster(cluster: ClusterInfo, settings: AlluxioSettings) -> Iterator[Finding]:
    """Yield the findings about the master's settings and mounts."""
    if cluster.version.startswith(TESTED_RELEASE + "."):
        yield good("version", cluster.version)
    else:
        yield warning(
            "version",
            f"is {cluster.version}; avio is tested with {TESTED_RELEASE}",
            f"use a release of Alluxio {TESTED_RELEASE}",
        )
    yield from _safety(cluster.configuration, settings)
    owner = cluster.configuration.get("alluxio.security.login.username")
    if owner and owner != settings.user:
        yield warning(
            "user",
            f"avio acts as {settings.user}, Alluxio runs as {owner}: paths without rights for {settings.user} fail",
            f'set user = "{owner}" in [alluxio], or alluxio.security.login.username={settings.user}',
        )
    skipped = cluster.configuration.get("alluxio.master.persistence.blacklist")
    if skipped:
        yield warning(
            "persistence",
            f"Alluxio never persists paths with {skipped} in them: a save of them fails at its deadline",
            "empty alluxio.master.persistence.blacklist",
        )
    size = cluster.configuration.get("alluxio.user.block.size.bytes.default", "64MB")
    yield note(
        "direct memory",
        f"a worker allocates as much for each block in flight; blocks have {size} by default",
        "give the workers' Java -XX:MaxDirectMemorySize of eight blocks or more",
    )
    for mount in cluster.mounts:
        if mount.read_only:
            yield warning(f"mount {mount.path}", "is read-only: saves below it fail", "mount it writable to save there")


def _safety(configuration: Mapping[str, str], settings: AlluxioSettings) -> Iterator[Finding]:
    kind = configuration.get("alluxio.security.authentication.type", "SIMPLE").lower()
    if kind not in ("simple", "nosasl"):
        yield fault(
            "auth", f"is {kind.upper()}, which avio does not support", "set alluxio.security.authentication.type=SIMPLE"
        )
    elif kind != settings.auth:
        yield fault(
            "auth", f"is {kind.upper()} in the cluster, and {settings.auth} here", f'set auth = "{kind}" in [alluxio]'
        )
    if configuration.get("alluxio.network.tls.enabled") == "true":
        yield fault("TLS", "is on, which avio does not support", "set alluxio.network.tls.enabled=false")


def of_job_service(cluster: ClusterInfo, hosts: set[str]) -> Iterator[Finding]:
    """Yield the findings about the `hosts` of the job workers."""
    without = sorted({worker.address.host for worker in cluster.workers} - hosts)
    if not hosts:
        yield fault("job service", "has no worker: Alluxio persists nothing", "start Alluxio's job workers")
    elif without:
        yield warning(
            "job service",
            f"has no worker on {', '.join(without)}: it can't load there",
            "start a job worker beside each worker, under the same host name",
        )
    else:
        yield good("job service", f"has {len(hosts)} hosts")


def of_worker(cluster: ClusterInfo, worker: WorkerInfo, configuration: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the findings about a worker's settings."""
    subject = f"worker {worker.address}"
    if worker.tiers:
        yield good(subject, f"answers, with {', '.join(worker.tiers)}")
    else:
        yield fault(
            subject, "answers, and has no capacity: nothing is cached there", "check the directories of its tiers"
        )
    if worker.version and worker.version != cluster.version:
        yield warning(
            subject, f"runs {worker.version}, the master {cluster.version}", "run the same release on all machines"
        )
    if configuration.get("alluxio.worker.block.store.type", "FILE") != "FILE":
        yield fault(
            subject,
            "has a page store: it has no tiers and no blocks to load",
            "set alluxio.worker.block.store.type=FILE",
        )
    commits = int(configuration.get("alluxio.worker.block.master.client.pool.size", "11"))
    if commits < MIN_COMMITS:
        yield note(
            subject,
            f"tells the master of {commits} new blocks at a time: many small files wait for its journal",
            f"set alluxio.worker.block.master.client.pool.size={MIN_COMMITS}",
        )
    names = [f"alluxio.worker.management.tier.{mover}.enabled" for mover in _MOVERS]
    moving = [name for name in names if configuration.get(name) == "true"]
    if moving and len(worker.tiers) > 1:
        yield warning(
            subject,
            "moves blocks between its tiers by itself: blocks may not stay on the requested tier",
            "set " + ", ".join(f"{name}=false" for name in moving),
        )
