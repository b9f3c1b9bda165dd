"""Preload of 8 x 256 MiB from the server in memory. The goal beyond the target is rclone's 1.24."""

from bench.data.contenders import large_preloads
from bench.data.contest import contest, large_figures
from bench.data.ground import ground
from bench.data.plan import Plan
from bench.data.targets import touch_memory
from bench.figures import Figure
from tests.servers.memory_s3 import SYNTHETIC, memory_s3

FILES, SIZE = 8, 256 << 20


def measure(plan: Plan) -> list[Figure]:
    """Return walls and ratios."""
    with (
        memory_s3(synthetic=FILES, size=SIZE, directories=1) as server,
        ground(plan.directory, f"s3://{SYNTHETIC}", server.options) as made,
    ):
        touch_memory(FILES * SIZE)
        results = contest(plan.rounds, large_preloads(made, server.options, SYNTHETIC, FILES, SIZE), server.pid)
    return large_figures("8 x 256 MiB", results, FILES, at_least=1.1)
