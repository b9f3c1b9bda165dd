"""The daemons of the cluster: started in order, killed and started again one by one, ended by pid."""

import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2

from tests.servers.alluxio.jvm import Jvm
from tests.servers.alluxio.properties import (
    PORTS,
    TIERS,
    USER,
    WORKER_PORTS,
    as_flags,
    cluster_properties,
    worker_properties,
)
from tests.servers.ports import free_ports
from tests.servers.seaweed import S3Server

START_LIMIT = 180.0  # seconds

KINDS = ("master", "job-master", "proxy", "worker", "job-worker")

# A job worker that comes before its master ends itself.
_WAVES = (("master",), ("job-master", "proxy", "worker"), ("job-worker",))

_MAINS = {
    "master": ("alluxio.master.AlluxioMaster", "-Xmx768m"),
    "job-master": ("alluxio.master.AlluxioJobMaster", "-Xmx384m"),
    "proxy": ("alluxio.proxy.AlluxioProxy", "-Xmx384m"),
    "worker": ("alluxio.worker.AlluxioWorker", "-Xmx512m"),
    "job-worker": ("alluxio.worker.AlluxioJobWorker", "-Xmx384m"),
}

_SHELLS = {"fs": "alluxio.cli.fs.FileSystemShell", "fsadmin": "alluxio.cli.fsadmin.FileSystemAdminShell"}


class Cluster:
    """A running cluster; `ufs` is the local directory under the root of its namespace. Workers are numbered from 1."""

    def __init__(
        self, directory: Path, workers: int, direct_memory: str, properties: Mapping[str, str], *, hidden: bool
    ) -> None:
        self.ufs = directory / "ufs"
        self.hosts = {n: f"127.0.0.{n}" for n in range(1, workers + 1)}
        self._names = {n: f"worker{n}.inside" for n in self.hosts} if hidden else self.hosts
        self._directory = directory
        self._direct_memory = direct_memory
        ports = free_ports(PORTS)
        self._ports = ports | {
            name + f"@{n}": port for n in self.hosts for name, port in free_ports(WORKER_PORTS).items()
        }
        self._auth = properties.get("alluxio.security.authentication.type", "SIMPLE").lower()
        self._given = {**properties}
        shared = cluster_properties(directory) | {name: str(port) for name, port in ports.items()} | self._given
        self._http = httpx2.Client(timeout=5)
        self._launched: dict[tuple[str, int], float] = {}
        self._jvm = Jvm(directory, shared, {self._names[n]: self.hosts[n] for n in self.hosts} if hidden else {})
        tiers = [f"worker{n}/{alias}" for n in self.hosts for alias in TIERS]
        for folder in ("ufs", "journal", "ext", "lib", *tiers):
            (directory / folder).mkdir(parents=True, exist_ok=True)

    @property
    def settings(self) -> dict[str, Any]:
        """What the table [alluxio] of avio's settings says for this cluster."""
        return {
            "masters": [f"127.0.0.1:{self.port('master.rpc')}"],
            "web": [f"http://127.0.0.1:{self.port('master.web')}"],
            "job_master": [f"http://127.0.0.1:{self.port('job.master.web')}"],
            "proxy": f"http://127.0.0.1:{self.port('proxy.web')}",
            "auth": self._auth,
            "user": USER,
        }

    def toml(self, **more: Any) -> str:
        """Return avio's settings for this cluster as a file has them, with `more` in the table [alluxio]."""
        lines = [f"{name} = {json.dumps(value)}" for name, value in {**self.settings, **more}.items()]
        return "\n".join(['engine = "alluxio"', "", "[alluxio]", *lines, ""])

    def port(self, of: str, n: int | None = None) -> int:
        """Return a port, e.g. of `master.web`, or of `worker.rpc` of worker `n`."""
        return self._ports[f"alluxio.{of}.port" + (f"@{n}" if n else "")]

    def launch(self, kind: str, n: int = 1, properties: Mapping[str, str] | None = None) -> None:
        """Start a daemon that does not run, with `properties` of its own."""
        main, *flags = _MAINS[kind]
        if kind.endswith("worker"):
            memory = self._direct_memory if kind == "worker" else "256m"
            flags += [f"-XX:MaxDirectMemorySize={memory}", *self._worker_flags(n)]
        self._launched[kind, n] = time.time()
        self._jvm.start(f"{kind}-{n}", [*flags, *as_flags(properties or {}), main])

    def wait(self, kind: str, n: int = 1) -> None:
        """Return when a daemon that was launched is at work, for all others to see."""
        deadline = time.monotonic() + START_LIMIT
        while not self._at_work(kind, n):
            self._jvm.assert_alive(f"{kind}-{n}")
            assert time.monotonic() < deadline, f"{kind} {n} did not answer: {self._jvm.tail(f'{kind}-{n}')}"
            time.sleep(0.1)

    def start(self, kind: str, n: int = 1, properties: Mapping[str, str] | None = None) -> None:
        """Start a daemon that does not run, and return when it is at work."""
        self.launch(kind, n, properties)
        self.wait(kind, n)

    def kill(self, kind: str, n: int = 1) -> None:
        """End a daemon with SIGKILL."""
        self._jvm.kill(f"{kind}-{n}")

    def restart(self, kind: str, n: int = 1, properties: Mapping[str, str] | None = None) -> None:
        """End a daemon with SIGKILL and start it again at the same address."""
        self.kill(kind, n)
        self.start(kind, n, properties)

    def pid(self, kind: str, n: int = 1) -> int:
        """Return the pid of a daemon, for signals."""
        return self._jvm.pid(f"{kind}-{n}")

    def log(self, kind: str, n: int = 1) -> Path:
        """Return the log of a daemon."""
        return self._jvm.log(f"{kind}-{n}")

    def shell(self, *arguments: str) -> str:
        """Return what Alluxio's own command line prints, e.g. for `fs ls /`; CalledProcessError when it fails."""
        return self._jvm.run([*self._worker_flags(1), _SHELLS[arguments[0]], *arguments[1:]])

    def mount(self, path: str, server: S3Server, bucket: str) -> None:
        """Mount `s3://bucket` of `server` at `path`; the proxy has to run."""
        options = server.options
        properties = {
            "alluxio.underfs.s3.endpoint": server.endpoint,
            "alluxio.underfs.s3.endpoint.region": options["region"],
            "alluxio.underfs.s3.disable.dns.buckets": "true",
            "alluxio.underfs.s3.inherit.acl": "false",
            "s3a.accessKeyId": options["access_key_id"],
            "s3a.secretKey": options["secret_access_key"],
        }
        url = f"{self.settings['proxy']}/api/v1/paths/{path}/mount"
        reply = httpx2.post(url, params={"src": f"s3://{bucket}/"}, json={"properties": properties}, timeout=60)
        assert reply.status_code == 200, reply.text

    def format(self) -> None:
        """Prepare the master's journal and the workers' directories."""
        commands = [["alluxio.cli.Format", "master"]]
        commands += [[*self._worker_flags(n), "alluxio.cli.Format", "worker"] for n in self.hosts]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self._jvm.run, commands))

    def put(self, tree: Mapping[str, bytes]) -> None:
        """Write files below the root of the namespace, behind Alluxio's back."""
        for name, content in tree.items():
            file = self.ufs / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)

    def write(self, path: str, content: bytes) -> None:
        """Write a file through Alluxio, into the cache alone, as a training job would; the proxy has to run."""
        proxy = f"{self.settings['proxy']}/api/v1"
        options = {"recursive": True, "writeType": "MUST_CACHE"}
        reply = self._http.post(f"{proxy}/paths/{quote(path)}/create-file", json=options, timeout=60)
        stream = f"{proxy}/streams/{reply.raise_for_status().json()}"
        self._http.post(f"{stream}/write", content=content, timeout=60).raise_for_status()
        self._http.post(f"{stream}/close", timeout=60).raise_for_status()

    def tiers(self, n: int) -> Path:
        """Return the directory below which a worker keeps its blocks, a file each."""
        return self._directory / f"worker{n}"

    def numbers(self, kind: str) -> Iterable[int]:
        """Return the numbers of the daemons of a kind."""
        return self.hosts if kind.endswith("worker") else (1,)

    def stop(self) -> None:
        """End all daemons."""
        self._jvm.stop()
        self._http.close()

    def _at_work(self, kind: str, n: int) -> bool:
        match kind:
            case "master":
                return self._told("master.web", "master/info") is not None
            case "job-master":
                return self._told("job.master.web", "job_master/info") is not None
            case "proxy":
                return self._told("proxy.web", "paths/%2f/exists", "POST") is not None
            case "worker":
                # It answers once the master knows it. The master's own books may keep the start of the one before it.
                worker = self._told("worker.web", "worker/info", n=n)
                return bool(worker) and worker["startTimeMs"] >= self._launched[kind, n] * 1000
            case _:
                return self._is_member(kind, n, self._told("job.master.web", "job_master/info"))

    def _is_member(self, kind: str, n: int, master: Any) -> bool:
        """Tell whether a master knows the worker that was launched last, not only the one before it."""
        since = self._launched[kind, n] * 1000
        workers = master["workers"] if master else []
        return any(one["address"]["host"] == self._names[n] and one["startTimeMs"] >= since for one in workers)

    def _told(self, of: str, call: str, method: str = "GET", n: int | None = None) -> Any:
        """Return the JSON of a REST call; None while nobody answers, "" for an empty answer."""
        try:
            host = "127.0.0.1" if n is None else self.hosts[n]
            reply = self._http.request(method, f"http://{host}:{self.port(of, n)}/api/v1/{call}")
            return (reply.json() if reply.content else "") if reply.status_code == 200 else None
        except (httpx2.TransportError, ValueError):
            return None

    def _worker_flags(self, n: int) -> list[str]:
        home = self._directory / f"worker{n}"
        ports = {name: self._ports[f"{name}@{n}"] for name in WORKER_PORTS}
        return as_flags(worker_properties(home, self.hosts[n], self._names[n], ports) | self._given)


@contextmanager
def alluxio(
    directory: Path,
    *,
    workers: int = 1,
    direct_memory: str = "512m",
    properties: Mapping[str, str] | None = None,
    kinds: Sequence[str] = KINDS,
    hidden: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> Iterator[Cluster]:
    """Run a cluster of `kinds` with its data in `directory`; yield it when all are at work; remove it at the end.

    `direct_memory` is a worker's: a load takes a direct buffer of each block's length. `properties` overrule what the
    cluster has by itself. `say` is told of each daemon that is at work. `hidden` workers go by names that the cluster
    alone can resolve. Raises NoAlluxio.
    """
    cluster = Cluster(directory, workers, direct_memory, properties or {}, hidden=hidden)
    try:
        cluster.format()
        for wave in _WAVES:
            daemons = [(kind, n) for kind in wave if kind in kinds for n in cluster.numbers(kind)]
            for daemon in daemons:
                cluster.launch(*daemon)
            for daemon in daemons:
                cluster.wait(*daemon)
                say(f"{' '.join(map(str, daemon))} is at work")
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(directory, ignore_errors=True)
