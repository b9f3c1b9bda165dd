"""From submit to the first line of the job process, beside an RQ fork worker: enqueue to its first line."""

import datetime
import os
import subprocess
import sys
import time
from pathlib import Path

import redis
from rq import Queue

from bench.figures import Figure, spread
from bench.first_line import first_line
from bench.stack import ROOT, Stack, stack, toml
from tests.servers.valkey import valkey

JOBS = 40


def measure(directory: Path) -> list[Figure]:
    """Return both latencies in ms, over HTTP with the commit for avio, and their ratio: above 1, avio is faster."""
    (directory / "bucket").mkdir()
    (directory / "bucket" / "file").write_bytes(b"x")
    settings = toml({"/data": (f"file://{directory}/bucket", {})}, {"MEM": directory / "mem"})
    with stack(directory / "home", settings) as running:
        ours = [_ours(running) for _ in range(JOBS)]
    peers = _rq(directory)
    ratio = sorted(peers)[len(peers) // 2] / sorted(ours)[len(ours) // 2]
    return [
        spread("POST /jobs to the job's first line", ours, "ms"),
        spread("RQ enqueue to its function's first line", peers, "ms"),
        Figure("RQ fork worker / avio", ratio, "x", note="avio's figure has the HTTP call and two commits in it"),
    ]


def _ours(running: Stack) -> float:
    began = time.time()
    job = running.wait_for_end(running.client.preload({"alluxioUri": "/data"}))
    first = next(iter(running.client.log(job["id"]))).split(" INFO ")[0]
    begun = datetime.datetime.strptime(first, "%Y-%m-%d %H:%M:%S,%f").timestamp()  # noqa: DTZ007 - local, as the log
    return (begun - began) * 1000


def _rq(directory: Path) -> list[float]:
    results = directory / "rq.txt"
    results.touch()
    with valkey(directory / "valkey") as server:
        command = [sys.executable, "-m", "rq.cli", "worker", "--url", server.url, "--quiet", "bench"]
        worker = subprocess.Popen(
            command, cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            queue = Queue("bench", connection=redis.Redis.from_url(server.url))
            for done in range(JOBS + 1):
                queue.enqueue(first_line, time.time(), str(results))
                while len(results.read_text().splitlines()) <= done:
                    time.sleep(0.002)
        finally:
            worker.terminate()
            worker.wait(timeout=20)
    return [float(line) for line in results.read_text().splitlines()][1:]
