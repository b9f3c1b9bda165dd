"""Preload of one large object, of 4 GiB (GIB=1 on a small machine), from the server in memory."""

from bench.data.contenders import large_preloads
from bench.data.contest import contest, large_figures
from bench.data.ground import ground
from bench.data.plan import Plan
from bench.data.targets import touch_memory
from bench.figures import Figure
from tests.servers.memory_s3 import SYNTHETIC, memory_s3


def measure(plan: Plan) -> list[Figure]:
    """Return walls and ratios."""
    size = plan.gib << 30
    with (
        memory_s3(synthetic=1, size=size) as server,
        ground(plan.directory, f"s3://{SYNTHETIC}", server.options) as made,
    ):
        touch_memory(size)
        results = contest(plan.rounds, large_preloads(made, server.options, SYNTHETIC, 1, size), server.pid)
    return large_figures(f"1 x {plan.gib} GiB", results, 1, at_least=1.2)
