"""A job that lists 100,000 objects of the server in memory."""

from bench.data.contenders import listings
from bench.data.contest import contest, figures
from bench.data.ground import ground
from bench.data.plan import Plan
from bench.figures import Figure
from tests.servers.memory_s3 import SYNTHETIC, memory_s3

FILES, DIRECTORIES = 100_000, 100


def measure(plan: Plan) -> list[Figure]:
    """Return walls, ratios, and processor time an object."""
    with (
        memory_s3(synthetic=FILES, directories=DIRECTORIES) as server,
        ground(plan.directory, f"s3://{SYNTHETIC}", server.options) as made,
    ):
        results = contest(plan.rounds, listings(made, server.options, SYNTHETIC, FILES + DIRECTORIES))
    return figures("list 100,000", results, FILES, at_least={"s5cmd": 2.0})
