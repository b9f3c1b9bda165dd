"""Preload of 10,000 x 16 KiB into a tier on a disk. Ours are on the disk at the end; peers get a sync in their time."""

import os
import time
from collections.abc import Callable
from dataclasses import replace

from bench.data.contenders import preloads
from bench.data.contest import OURS, Run, contest, figures
from bench.data.ground import ground
from bench.data.plan import Plan, Skipped
from bench.figures import Figure
from tests.servers.memory_s3 import SYNTHETIC, memory_s3

FILES, SIZE = 10_000, 16 << 10


def measure(plan: Plan) -> list[Figure]:
    """Return walls, ratios, and processor time an object."""
    if os.stat(plan.disk).st_dev == os.stat("/dev/shm").st_dev:
        raise Skipped("the directory on a disk is in memory; name another one: make bench-data DISK=DIRECTORY")
    with (
        memory_s3(synthetic=FILES, size=SIZE) as server,
        ground(plan.directory, f"s3://{SYNTHETIC}", server.options, tier=plan.disk) as made,
    ):
        contenders = preloads(made, server.options, SYNTHETIC, FILES, SIZE)
        results = contest(plan.rounds, {who: _synced(run, own=who == OURS) for who, run in contenders.items()})
    named = {who if who == OURS else f"{who} and sync": runs for who, runs in results.items()}
    return figures("disk, 10,000 x 16 KiB", named, FILES)


def _synced(run: Callable[[], Run], *, own: bool) -> Callable[[], Run]:
    def synced() -> Run:
        os.sync()
        ran = run()
        began = time.monotonic()
        os.sync()
        return ran if own else replace(ran, wall=ran.wall + time.monotonic() - began)

    return synced
