"""What the Alluxio measures stand on: a real cluster, a server over it, and Alluxio's own commands beside them."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from avio.engines.alluxio.clients.cluster import open_clients
from avio.engines.alluxio.clients.master import Master
from avio.engines.alluxio.clients.settings import AlluxioSettings
from avio.errors import PathNotFound
from bench.figures import Figure, spread
from bench.stack import Stack, stack
from tests.alluxio.cluster_facts import Books, toml
from tests.servers.alluxio import Cluster, alluxio
from tests.servers.seaweed import S3Server, seaweed

ROUNDS = 5  # of A and B in turn: each lasts some seconds, and a disturbance shifts its ratio by a fifth
WARM = 5  # rounds before them: until then, each is quicker than the one before, since Java compiles on the way
BUCKET = "bench"
PROPERTIES = {
    "alluxio.worker.block.master.client.pool.size": "64",  # as docs/alluxio.md advises
    "alluxio.user.block.size.bytes.default": "64MB",  # as Alluxio has it
    "alluxio.user.file.writetype.default": "MUST_CACHE",  # what a command writes is in the cache alone
    "alluxio.worker.tieredstore.level0.dirs.quota": "2GB",  # all fits into MEM, as where one preloads for a training
}


@dataclass(frozen=True, slots=True)
class Ground:
    """A cluster with `BUCKET` of `server` at /s3, the books of what it has cached, and avio over it."""

    cluster: Cluster
    server: S3Server
    books: Books
    master: Master
    avio: Stack

    def fill(self, folder: str, count: int, size: int) -> None:
        """Put files of random bytes below the root, a thousand a folder."""
        body = os.urandom(size + count)
        for no in range(count):
            file = self.cluster.ufs / folder / f"{no // 1000:03}" / f"{no:06}.bin"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body[no : no + size])

    def cached(self, path: str) -> int:
        """Return how many files below `path` the master has as wholly cached."""
        return self.books.percents(path).get(100, 0)


@contextmanager
def ground(directory: Path) -> Iterator[Ground]:
    """Run all of it; the worker has direct memory to spare."""
    with (
        seaweed(directory / "s3") as server,
        alluxio(directory / "alluxio", direct_memory="3g", properties=PROPERTIES) as cluster,
    ):
        server.make_bucket(BUCKET)
        cluster.mount("/s3", server, BUCKET)
        clients = open_clients(AlluxioSettings.from_settings({"alluxio": cluster.settings}))
        assert clients.master is not None
        books = Books(cluster)
        with stack(directory / "home", toml(cluster.settings)) as running:
            yield Ground(cluster, server, books, clients.master, running)
        books.close()
        clients.close()


def preloads(ground: Ground, path: str, files: int, name: str, at_least: float) -> list[Figure]:
    """Return the times of avio's preload and Alluxio's own load of `path`, in turn, and how they compare."""
    ours: list[float] = []
    peers: list[tuple[float, float]] = []
    cached: list[tuple[int, int]] = []
    for no in range(WARM + ROUNDS):
        ground.books.empty(path)
        our = preload(ground, path)
        ours_cached = ground.cached(path)
        ground.books.empty(path)
        peer = load(ground, path)
        peers_cached = ground.cached(path)
        if no >= WARM:
            ours.append(our)
            peers.append(peer)
            cached.append((ours_cached, peers_cached))
    note = "cached: " + ", ".join(f"avio {our:,}, fs load {peer:,}" for our, peer in cached) + f" of {files:,}"
    whole, alone = [peer[0] for peer in peers], [peer[1] for peer in peers]
    return [
        spread(f"{name}: avio, submit to checked end", ours, "s"),
        spread(f"{name}: fs load, from the command's start", whole, "s"),
        spread(f"{name}: of that, the load job alone", alone, "s"),
        spread(f"{name}: fs load / avio", ratios(whole, ours), "x", at_least=at_least),
        Figure(f"{name}: the load job alone / avio", sorted(ratios(alone, ours))[len(ours) // 2], "x", note=note),
    ]


def ratios(peers: list[float], ours: list[float]) -> list[float]:
    """Return how they compare, round by round: above 1, avio is faster."""
    return [peer / our for peer, our in zip(peers, ours, strict=True)]


def preload(ground: Ground, path: str) -> float:
    """Preload and return how long it took, in seconds."""
    return timed(lambda: _must_succeed(ground, ground.avio.client.preload({"alluxioUri": path})["id"]))


def save(ground: Ground, path: str) -> float:
    """Save and return how long it took, in seconds."""
    return timed(lambda: _must_succeed(ground, ground.avio.client.save({"alluxioUri": path})["id"]))


def load(ground: Ground, path: str) -> tuple[float, float]:
    """Run `fs load` and follow its job; return the seconds to its end, from the command's start and from the job's."""
    submitted = threading.Event()

    def submit() -> None:
        ground.cluster.shell("fs", "load", path, "--submit")
        submitted.set()

    command = threading.Thread(target=submit)
    began = time.monotonic()
    command.start()
    started = None
    while True:
        sure = submitted.is_set()  # before the look: the job that it shows is then the new one
        state = _state(ground.master, path)
        now = time.monotonic()
        if started is None and (state == "RUNNING" or sure):
            started = now
        if started is not None and state not in ("", "RUNNING", "VERIFYING"):
            break
        time.sleep(0.02)
    command.join()
    return now - began, now - started


def timed(call: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    began = time.monotonic()
    call()
    return time.monotonic() - began


def _must_succeed(ground: Ground, job_id: str) -> None:
    job = ground.avio.wait_for_end(ground.avio.client.job(job_id))
    if job["status"] != "succeeded":
        raise RuntimeError(f"the job ended {job['status']}: {job['message']}")


def _state(master: Master, path: str) -> str:
    try:
        return master.load_progress(path).state
    except PathNotFound:
        return ""
