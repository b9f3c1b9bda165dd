"""Peak memory of the job process, by the kernel's own count, at 1,000, 10,000 and 100,000 files: flat."""

import shutil
import sqlite3
from pathlib import Path

from bench.figures import Figure
from bench.objects import fill
from bench.stack import Stack, stack, toml
from tests.servers.seaweed import seaweed

COUNTS = (1_000, 10_000, 100_000)
SIZE = 1 << 10

# How much more than with 1,000 files a job may take with 100,000.
FLAT = 1.5


def measure(directory: Path) -> list[Figure]:
    """Return the peak of each job in MiB, and the ratio of the largest to the smallest."""
    peaks: dict[int, float] = {}
    with seaweed(directory / "s3") as server:
        url = server.make_bucket("bench")
        for count in COUNTS:
            fill("bench", server.options, f"n{count}", count, SIZE)
        settings = toml({"/data": (url, server.options)}, {"MEM": directory / "mem"})
        with stack(directory / "home", settings) as running:
            for count in COUNTS:
                peaks[count] = _peak(running, count)
                shutil.rmtree(directory / "mem" / "data")
    figures = [Figure(f"job process, preload of {count:,} files", peak, "MiB") for count, peak in peaks.items()]
    growth = peaks[COUNTS[-1]] / peaks[COUNTS[0]]
    return [*figures, Figure("100,000 files / 1,000 files", growth, "x", at_most=FLAT)]


def _peak(running: Stack, count: int) -> float:
    job = running.wait_for_end(running.client.preload({"alluxioUri": f"/data/n{count}"}))
    if job["status"] != "succeeded" or job["progress"]["done"]["files"] != count:
        raise RuntimeError(f"the preload ended {job['status']}: {job['message']}")
    with sqlite3.connect(running.home / "avio.db") as database:
        (peak,) = database.execute("SELECT max_rss FROM attempts WHERE job_id = ?", (job["id"],)).fetchone()
    return float(peak) / (1 << 20)
