"""Two movers beside one, each with 30 % of a core: on more cores than two they would have a core each."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from avio.config.settings import Settings
from avio.wire.states import JobType
from bench.data.contest import OURS, Run, contest, ratios
from bench.data.cpu_share import put, shares
from bench.data.ground import Ground, ground
from bench.data.plan import Plan, Skipped
from bench.data.processes import find
from bench.data.targets import empty
from bench.figures import Figure, spread
from tests.servers.memory_s3 import SYNTHETIC, memory_s3

FILES, SIZE = 40_000, 16 << 10  # so many that the start of the second hardly counts
SHARE = 0.3
LOOK_SECONDS = 0.05
ONE, TWO = "1 mover", OURS  # two movers are compared to one


def measure(plan: Plan) -> list[Figure]:
    """Return both walls and their ratio."""
    if "movers" not in Settings.model_fields:
        raise Skipped("this version has no setting `movers`")
    with (
        memory_s3(synthetic=FILES, size=SIZE) as server,
        ground(plan.directory / "1", f"s3://{SYNTHETIC}", server.options, settings="movers = 1\n") as one,
        ground(plan.directory / "2", f"s3://{SYNTHETIC}", server.options, settings="movers = 2\n") as two,
    ):
        results = contest(plan.rounds, {ONE: lambda: _run(one, two, 1), TWO: lambda: _run(two, one, 2)})
    return [
        spread("1 mover with 30 % of a core", [run.wall for run in results[ONE]], "s"),
        spread("2 movers with 30 % of a core each", [run.wall for run in results[TWO]], "s"),
        spread("1 mover / 2 movers", ratios(results, ONE), "x", at_least=1.6),
    ]


def _run(made: Ground, other: Ground, movers: int) -> Run:
    """Preload, each mover in a group of its own."""
    empty([made.cached, other.cached])
    with shares(movers, SHARE) as groups, _limited(made.stack.pid, groups) as limited:
        run = made.move(JobType.PRELOAD, FILES, SIZE)
    if len(limited) != movers:
        raise RuntimeError(f"{len(limited)} movers worked, not {movers}")
    return run


@contextmanager
def _limited(up: int, groups: Sequence[Path]) -> Iterator[set[int]]:
    """Put each mover that begins while the block runs into a group, until there is none left; yield their pids."""
    found: set[int] = set()
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(LOOK_SECONDS):
            for pid in find(up, "mover"):
                if pid not in found and len(found) < len(groups):
                    put(pid, groups[len(found)])
                    found.add(pid)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield found
    finally:
        ended.set()
        watcher.join()
