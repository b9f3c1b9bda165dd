"""Which settings of a cluster suit avio: rules over what master and workers say of themselves.

Used by the doctor. Each rule is explained in docs/alluxio.md. Opens nothing.
"""

from collections.abc import Iterator, Mapping

from avio.engines.alluxio.clusterinfo import ClusterInfo, WorkerInfo
from avio.engines.alluxio.settings import AlluxioSettings
from avio.findings import Finding, fault, good, note, warning

TESTED = "2.9"
COMMITS = 64  # blocks that a worker should be able to commit at a time

_MOVERS = ("align", "promote", "swap.restore")


def of_cluster(cluster: ClusterInfo, settings: AlluxioSettings) -> Iterator[Finding]:
    """Yield what the master's settings and mounts give to say."""
    if cluster.version.startswith(TESTED + "."):
        yield good("version", cluster.version)
    else:
        yield warning(
            "version", f"is {cluster.version}; avio is tested with {TESTED}", f"use a release of Alluxio {TESTED}"
        )
    yield from _safety(cluster.configuration, settings)
    owner = cluster.configuration.get("alluxio.security.login.username")
    if owner and owner != settings.user:
        yield warning(
            "user",
            f"avio acts as {settings.user}, Alluxio runs as {owner}: what {settings.user} may not touch fails",
            f'set user = "{owner}" in [alluxio], or alluxio.security.login.username={settings.user}',
        )
    skipped = cluster.configuration.get("alluxio.master.persistence.blacklist")
    if skipped:
        yield warning(
            "persistence",
            f"Alluxio never persists paths with {skipped} in them: their saves end at the deadline",
            "empty alluxio.master.persistence.blacklist",
        )
    size = cluster.configuration.get("alluxio.user.block.size.bytes.default", "64MB")
    yield note(
        "direct memory",
        f"a worker takes as much of it as each block under way has; blocks are {size} by default",
        "give the workers' Java -XX:MaxDirectMemorySize of eight blocks or more",
    )
    for mount in cluster.mounts:
        if mount.read_only:
            yield warning(f"mount {mount.path}", "is read-only: saves below it fail", "mount it writable to save there")


def _safety(configuration: Mapping[str, str], settings: AlluxioSettings) -> Iterator[Finding]:
    kind = configuration.get("alluxio.security.authentication.type", "SIMPLE").lower()
    if kind not in ("simple", "nosasl"):
        yield fault(
            "auth", f"is {kind.upper()}, which avio does not speak", "set alluxio.security.authentication.type=SIMPLE"
        )
    elif kind != settings.auth:
        yield fault(
            "auth", f"is {kind.upper()} in the cluster, and {settings.auth} here", f'set auth = "{kind}" in [alluxio]'
        )
    if configuration.get("alluxio.network.tls.enabled") == "true":
        yield fault("TLS", "is on, which avio does not speak", "set alluxio.network.tls.enabled=false")


def of_job_service(cluster: ClusterInfo, hosts: set[str]) -> Iterator[Finding]:
    """Yield what the `hosts` of the job workers give to say."""
    without = sorted({worker.address.host for worker in cluster.workers} - hosts)
    if not hosts:
        yield fault("job service", "has no worker: nothing is ever persisted", "start Alluxio's job workers")
    elif without:
        yield warning(
            "job service",
            f"has no worker on {', '.join(without)}: it can't load there",
            "start a job worker beside each worker, under the same host name",
        )
    else:
        yield good("job service", f"has {len(hosts)} hosts")


def of_worker(cluster: ClusterInfo, worker: WorkerInfo, configuration: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what a worker's settings give to say."""
    subject = f"worker {worker.address}"
    yield good(subject, f"answers, with {', '.join(worker.tiers)}")
    if worker.version and worker.version != cluster.version:
        yield warning(
            subject, f"runs {worker.version}, the master {cluster.version}", "run one release on all machines"
        )
    if configuration.get("alluxio.worker.block.store.type", "FILE") != "FILE":
        yield fault(
            subject, "keeps pages: it has no tiers, and no blocks to move", "set alluxio.worker.block.store.type=FILE"
        )
    commits = int(configuration.get("alluxio.worker.block.master.client.pool.size", "11"))
    if commits < COMMITS:
        yield note(
            subject,
            f"tells the master of {commits} new blocks at a time: many small files wait for its journal",
            f"set alluxio.worker.block.master.client.pool.size={COMMITS}",
        )
    names = [f"alluxio.worker.management.tier.{mover}.enabled" for mover in _MOVERS]
    moving = [name for name in names if configuration.get(name) == "true"]
    if moving and len(worker.tiers) > 1:
        yield warning(
            subject,
            "moves blocks between its tiers by itself: what a job put on one may not stay there",
            "set " + ", ".join(f"{name}=false" for name in moving),
        )
