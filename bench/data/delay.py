"""Small preload, save and listing over a line with a round trip of 5 and of 50 ms, for connects, too."""

from collections.abc import Iterator

from bench.data.contenders import OUR_BUCKET, Contenders, listings, preloads, saves
from bench.data.contest import Results, contest, figures, ratios
from bench.data.ground import ground
from bench.data.plan import Plan
from bench.figures import Figure, spread
from tests.servers.delay_line import delay_line
from tests.servers.memory_s3 import SYNTHETIC, MemoryS3, memory_s3

FILES, SIZE, DIRECTORIES = 10_000, 16 << 10, 10
ROUND_TRIPS_MS = (5, 50)
ABREAST = 256  # of rclone, as many as of s5cmd


def measure(plan: Plan) -> list[Figure]:
    """Return walls, and how the better peer compares to us."""
    found: list[Figure] = []
    with memory_s3(synthetic=FILES, size=SIZE, directories=DIRECTORIES) as server:
        for round_trip in ROUND_TRIPS_MS:
            with delay_line(server.endpoint, round_trip) as url:
                for what, results in _works(plan, server, {**server.options, "endpoint": url}, round_trip):
                    name = f"{what} at {round_trip} ms"
                    found += figures(name, results, FILES)
                    found.append(
                        spread(f"{name}: better peer / avio", ratios(results, "s5cmd", "rclone"), "x", at_least=1.0)
                    )
    return found


def _works(plan: Plan, server: MemoryS3, options: dict[str, str], round_trip: int) -> Iterator[tuple[str, Results]]:
    directory = plan.directory / f"{round_trip}"
    with ground(directory / "in", f"s3://{SYNTHETIC}", options) as made:
        contenders: Contenders = preloads(made, options, SYNTHETIC, FILES, SIZE, transfers=ABREAST)
        yield "preload", contest(plan.rounds, contenders)
        yield "list", contest(plan.rounds, listings(made, options, SYNTHETIC, FILES + DIRECTORIES))
    with ground(directory / "out", server.make_bucket(OUR_BUCKET), options) as made:
        yield "save", contest(plan.rounds, saves(made, server, options, FILES, SIZE, transfers=ABREAST))
