"""Preload of 10,000, 100,000 and 1,000,000 x 1 KiB: the time is linear, memory is flat, the first byte comes at once.

One round of each, after a small one that warms.
"""

import time

from avio.wire.states import JobType
from bench.data.contest import Run
from bench.data.ground import ground
from bench.data.plan import Plan
from bench.data.processes import watched_memory
from bench.data.targets import empty
from bench.figures import Figure
from tests.servers.memory_s3 import SYNTHETIC, memory_s3

COUNTS = (10_000, 100_000, 1_000_000)
SIZE = 1 << 10
IN_A_DIRECTORY = 1000
PEAK_MB = 150
FIRST_SECONDS = 2
LINEAR = 1.2  # how much longer than among 10,000 an object may take


def measure(plan: Plan) -> list[Figure]:
    """Return walls, the times of the first byte, and the peak of each kind of process."""
    plan.note("one round of each count, after one of 10,000 that warms")
    _measure(plan, COUNTS[0], "warm")
    found: list[Figure] = []
    runs = {}
    for count in COUNTS:
        runs[count], figures = _measure(plan, count, str(count))
        found += figures
    few, many = runs[COUNTS[0]], runs[COUNTS[-1]]
    scale = COUNTS[-1] / COUNTS[0]
    wall, cpu = many.wall / few.wall / scale, many.cpu / few.cpu / scale
    return [
        *found,
        Figure("an object of 1,000,000 / one of 10,000, wall", wall, "x", at_most=LINEAR),
        Figure("an object of 1,000,000 / one of 10,000, processor time", cpu, "x", at_most=LINEAR),
    ]


def _measure(plan: Plan, count: int, name: str) -> tuple[Run, list[Figure]]:
    directory = plan.directory / name
    with (
        memory_s3(synthetic=count, size=SIZE, directories=count // IN_A_DIRECTORY) as server,
        ground(directory, f"s3://{SYNTHETIC}", server.options) as made,
    ):
        with watched_memory(made.stack.pid) as peaks:
            server.counts(reset=True)
            submitted = time.time()
            run = made.move(JobType.PRELOAD, count, SIZE)
        first = server.first("get") - submitted
        empty([made.cached])
    figures = [
        Figure(f"{count:,} x 1 KiB: submit to checked end", run.wall, "s"),
        Figure(f"{count:,} x 1 KiB: wall", run.wall * 1e6 / count, "us/object"),
        Figure(f"{count:,} x 1 KiB: processor time, job and movers", run.cpu * 1000 / count, "ms/object"),
        Figure(f"{count:,} x 1 KiB: submit to first GET", first, "s", at_most=FIRST_SECONDS),
    ]
    for kind, peak in sorted(peaks.items()):
        figures.append(Figure(f"{count:,} x 1 KiB: peak memory, {kind}", peak, "MB", at_most=PEAK_MB))
    return run, figures
