"""Preload of 10,000 x 16 KiB from three servers: the one in memory, rclone's, and SeaweedFS."""

from bench.data.contenders import preloads
from bench.data.contest import contest, figures
from bench.data.ground import ground
from bench.data.plan import Plan
from bench.data.rclone_server import rclone_server
from bench.data.targets import write_files
from bench.figures import Figure
from bench.objects import fill
from tests.servers.memory_s3 import SYNTHETIC, memory_s3
from tests.servers.seaweed import S3Server, seaweed

FILES, SIZE = 10_000, 16 << 10
CPU_MS = 0.14


def measure(plan: Plan) -> list[Figure]:
    """Return the figures of all three."""
    with memory_s3(synthetic=FILES, size=SIZE) as server:
        found = _measure(plan, "memory", server, SYNTHETIC, 2.8, CPU_MS)
    write_files(plan.directory / "rclone" / "bench" / "small", FILES, SIZE)
    with rclone_server(plan.directory / "rclone") as served:
        found += _measure(plan, "rclone server", served, "bench/small", 1.8)
    with seaweed(plan.directory / "seaweed") as weed:
        weed.make_bucket("bench")
        fill("bench", weed.options, "small", FILES, SIZE)
        found += _measure(plan, "SeaweedFS", weed, "bench/small", 1.4)
    return found


def _measure(
    plan: Plan, name: str, server: S3Server, source: str, at_least: float, cpu: float | None = None
) -> list[Figure]:
    with ground(plan.directory / name.replace(" ", "-"), f"s3://{source}", server.options) as made:
        results = contest(plan.rounds, preloads(made, server.options, source, FILES, SIZE), server.pid)
    return figures(name, results, FILES, at_least={"s5cmd": at_least}, cpu=cpu)
