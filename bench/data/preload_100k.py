"""Preload of 100,000 x 1 KiB from the server in memory."""

from bench.data.contenders import preloads
from bench.data.contest import contest, figures
from bench.data.ground import ground
from bench.data.plan import Plan
from bench.figures import Figure
from tests.servers.memory_s3 import SYNTHETIC, memory_s3

FILES, SIZE, DIRECTORIES = 100_000, 1 << 10, 100


def measure(plan: Plan) -> list[Figure]:
    """Return walls, ratios, and processor time an object."""
    with (
        memory_s3(synthetic=FILES, size=SIZE, directories=DIRECTORIES) as server,
        ground(plan.directory, f"s3://{SYNTHETIC}", server.options) as made,
    ):
        results = contest(plan.rounds, preloads(made, server.options, SYNTHETIC, FILES, SIZE), server.pid)
    return figures("100,000 x 1 KiB", results, FILES, at_least={"s5cmd": 3.0})
