"""The plan of a preload of 100,000 objects, beside a job that lists them: of the server in memory."""

import time

from avio.wire.states import JobType
from bench.data.contest import Run, contest, ratios
from bench.data.ground import MOUNT, Ground, ground
from bench.data.plan import Plan
from bench.figures import Figure, spread
from tests.servers.memory_s3 import SYNTHETIC, memory_s3

FILES, DIRECTORIES = 100_000, 100
LISTING, PLAN = "the listing", "the plan"


def measure(plan: Plan) -> list[Figure]:
    """Return walls, and how much longer the plan takes."""
    with (
        memory_s3(synthetic=FILES, directories=DIRECTORIES) as server,
        ground(plan.directory, f"s3://{SYNTHETIC}", server.options) as made,
    ):
        results = contest(plan.rounds, {PLAN: lambda: _plan(made), LISTING: lambda: made.run(JobType.LS)[0]})
    walls = [spread(f"plan of 100,000: {who}", [run.wall for run in runs], "s") for who, runs in results.items()]
    longer = [1 / ratio for ratio in ratios(results, LISTING, ours=PLAN)]
    return [*walls, spread(f"plan of 100,000: {PLAN} / {LISTING}", longer, "x", at_most=1.3)]


def _plan(made: Ground) -> Run:
    """Order a plan. Raise RuntimeError unless it has all files to load."""
    began = time.monotonic()
    job = made.stack.wait_for_end(made.stack.client.plan(JobType.PRELOAD, {"alluxioUri": MOUNT}))
    wall = time.monotonic() - began
    found = job.get("plan")
    if found is None or found["toMove"]["files"] != FILES:
        raise RuntimeError(f"the plan has other figures: {job['message']} {found}")
    return Run(wall, 0.0)
