"""Save of 10,000 x 16 KiB into an empty bucket of the server in memory."""

from bench.data.contenders import OUR_BUCKET, saves
from bench.data.contest import contest, figures
from bench.data.ground import ground
from bench.data.plan import Plan
from bench.figures import Figure
from tests.servers.memory_s3 import memory_s3

FILES, SIZE = 10_000, 16 << 10
REQUESTS = 1.01  # a file: one PUT, and a page of a listing for a thousand, some times


def measure(plan: Plan) -> list[Figure]:
    """Return walls, ratios, processor time, and requests a file."""
    with memory_s3() as server:
        url = server.make_bucket(OUR_BUCKET)
        with ground(plan.directory, url, server.options) as made:
            results = contest(plan.rounds, saves(made, server, server.options, FILES, SIZE), server.pid)
    return figures("10,000 x 16 KiB", results, FILES, at_least={"s5cmd": 3.0}, requests=REQUESTS)
