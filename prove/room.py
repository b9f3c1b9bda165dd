"""`python -m prove.room JOBS [SEED]`: random preloads on two nodes that share small tiers, while files are freed.

Job processes and a whole node are killed meanwhile. Exit 1 if a tier ever had more than it may, a disk was full, a job
did not end, or one was called succeeded with less than all.
"""

import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from avio.client import Client
from avio.client.shapes import JobInfo
from avio.errors import AvioError
from avio.wire.states import TERMINAL, JobType
from prove.room_samples import Sampler, Samples
from prove.room_sets import IF_FULL, TIERS, DataSet, data_sets, fill, order
from tests.e2e.procfile_cluster import Cluster
from tests.servers.postgres import postgres
from tests.servers.valkey import valkey

NODES = ("n1", "n2")
SLOTS = 8
LEAST_SAMPLES = 1000
ROOM_SECONDS = 20  # that a job waits for room
ORDERS_SECONDS = 60.0  # in which all jobs are ordered
END_SECONDS = 180.0  # after the last order, in which all jobs end
FREE_SECONDS = (0.1, 0.6)  # between two frees
KILL_SECONDS = (1.0, 4.0)  # between two kills
SLOWLY = "download.temporary:delay:0.02"

CONFIG = """
[mounts."/data"]
url = "file://{home}/bucket"
"""
TIER = """
[[tiers]]
alias = "{alias}"
path = "{path}"
capacity = {capacity}
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """An order, and the sets that it names."""

    job: str
    sets: list[DataSet]
    if_full: str


def main(jobs: int, seed: int) -> int:
    """Return 1 if a rule was broken."""
    print(f"{jobs} jobs, seed {seed}", flush=True)
    random = Random(seed)
    sets = data_sets(random)
    with tempfile.TemporaryDirectory(prefix="avio-prove-room-", dir=_fast_directory()) as name:
        home = Path(name)
        home.chmod(0o755)  # the database runs as another user
        fill(home / "bucket", sets, random)
        places = {alias: (home / alias, capacity) for alias, capacity in TIERS.items()}
        with _cluster(home) as (cluster, client):
            sampler = Sampler(places)
            sampler.start()
            with _troubles(cluster, client, sets, random):
                asked = list(_ordered(client, sets, random, jobs))
                ended = _ends(client, asked)
            while sampler.is_alive() and sampler.samples.number < LEAST_SAMPLES:
                time.sleep(0.1)
            samples = sampler.stop()
            logs = "".join(log.read_text(errors="replace") for log in cluster.logs.iterdir())
    broken = [*samples.broken, *_judged(asked, ended)]
    if "No space left" in logs or "ENOSPC" in logs:
        broken.append("a disk was full")
    print(_table(asked, ended, samples))
    print(
        "\n".join(broken[:20]) or f"seed {seed}: no tier had more than it may, every job ended, every success was true"
    )
    return 1 if broken else 0


@contextmanager
def _cluster(home: Path) -> Iterator[tuple[Cluster, Client]]:
    text = CONFIG.format(home=home)
    text += "".join(TIER.format(alias=alias, path=home / alias, capacity=size) for alias, size in TIERS.items())
    (home / "avio.toml").write_text(text, encoding="utf-8")
    with ExitStack() as stack:
        database = stack.enter_context(postgres(home)).make_database()
        redis = stack.enter_context(valkey(home / "valkey")).url
        settings = {"database_url": database, "redis_url": redis, "slots": str(SLOTS), "fault": SLOWLY}
        cluster = Cluster(home, {**settings, "room_patience": str(ROOM_SECONDS)}, NODES)
        stack.callback(cluster.manager.end)
        cluster.start()
        user = cluster.add_user("worker")
        cluster.wait_until_ready()
        user.log_in()
        yield cluster, stack.enter_context(user.client())


def _ordered(client: Client, sets: list[DataSet], random: Random, jobs: int) -> Iterator[Asked]:
    for number in range(jobs):
        wanted, params = order(random, sets)
        job = client.submit(JobType.PRELOAD, params.to_json())
        yield Asked(job["id"], wanted, params.if_full)
        if number % 10 == 9:
            time.sleep(ORDERS_SECONDS * 10 / jobs)


@contextmanager
def _troubles(cluster: Cluster, client: Client, sets: list[DataSet], random: Random) -> Iterator[None]:
    """Free sets, and kill job processes and a node, in the block."""
    over = threading.Event()

    def free() -> None:
        while not over.wait(random.uniform(*FREE_SECONDS)):
            with suppress(AvioError):
                client.free(random.choice(sets).path, recursive=True)

    def kill() -> None:
        while not over.wait(random.uniform(*KILL_SECONDS)):
            victims = cluster.job_processes() if random.random() < 0.9 else [cluster.manager.pid(random.choice(NODES))]
            with suppress(ProcessLookupError, IndexError):
                os.kill(random.choice(victims), signal.SIGKILL)

    threads = [threading.Thread(target=each, daemon=True) for each in (free, kill)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _ends(client: Client, asked: list[Asked]) -> dict[str, JobInfo]:
    """Return the jobs that have ended within END_SECONDS."""
    end = time.monotonic() + END_SECONDS
    ended: dict[str, JobInfo] = {}
    for each in asked:
        job = client.job(each.job)
        while job["status"] not in TERMINAL and time.monotonic() < end:
            time.sleep(0.2)
            job = client.job(each.job)
        if job["status"] in TERMINAL:
            ended[each.job] = job
    return ended


def _judged(asked: list[Asked], ended: dict[str, JobInfo]) -> Iterator[str]:
    for each in asked:
        job = ended.get(each.job)
        if job is None:
            yield f"job {each.job} ({each.if_full}) has not ended"
        elif job["status"] == "succeeded":
            sizes = [size for one in each.sets for size in one.sizes]
            done = job["progress"]["done"]
            if (done["files"], done["bytes"]) != (len(sizes), sum(sizes)):
                yield f"job {each.job} ({each.if_full}) was called succeeded with {done['files']} of {len(sizes)} files"


def _table(asked: list[Asked], ended: dict[str, JobInfo], samples: Samples) -> str:
    lines = [f"\n{'ifFull':8} {'jobs':>5} {'succeeded':>10} {'partial':>8} {'failed':>7}  reasons"]
    for word in IF_FULL:
        jobs = [ended[each.job] for each in asked if each.if_full == word and each.job in ended]
        ends, reasons = Counter(job["status"] for job in jobs), Counter(job["reason"] for job in jobs if job["reason"])
        told = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
        lines.append(f"{word:8} {len(jobs):5} {ends['succeeded']:10} {ends['partial']:8} {ends['failed']:7}  {told}")
    attempts = Counter(job["attempt"] for job in ended.values())
    most = "; ".join(
        f"{alias}: used + reserved at most {samples.most[alias]:,}, on disk {samples.most_on_disk[alias]:,} of {size:,}"
        for alias, size in TIERS.items()
    )
    return "\n".join(
        [
            *lines,
            f"attempts: {dict(attempts)}",
            f"{samples.number} samples, {samples.reserved} with reserved bytes; {most}",
        ]
    )


def _fast_directory() -> str | None:
    """Memory where there is some: the disk of the machine is not what is proved."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())))
