"""Microseconds of processor time that an object of a small preload costs, by step.

Exact is what the kernel counted for job and movers without samples; samples of other runs share it out.
"""

from collections import Counter

from avio.wire.states import JobType
from bench.data.contest import Run
from bench.data.ground import ground
from bench.data.plan import Plan
from bench.data.samples import Stack, sampled
from bench.data.step_table import OTHER, STEPS, step_of
from bench.data.targets import empty
from bench.figures import Figure, spread
from tests.servers.memory_s3 import SYNTHETIC, memory_s3

FILES, SIZE = 20_000, 16 << 10
SHOWN = 5  # pieces of code that no step claims


def measure(plan: Plan) -> list[Figure]:
    """Return the cost of an object, by step, and how much samples add to it."""
    plain: list[Run] = []
    slowed: list[Run] = []
    samples: list[Counter[Stack]] = []
    with (
        memory_s3(synthetic=FILES, size=SIZE) as server,
        ground(plan.directory, f"s3://{SYNTHETIC}", server.options) as made,
    ):
        for no in range(plan.rounds + 1):
            empty([made.cached])
            run = made.move(JobType.PRELOAD, FILES, SIZE)
            empty([made.cached])
            with sampled(made.keeper, plan.directory / "samples") as counts:
                beside = made.move(JobType.PRELOAD, FILES, SIZE)
            if no:
                plain.append(run)
                slowed.append(beside)
                samples.append(counts)
    costs = [run.cpu * 1e6 / FILES for run in plain]
    shares = [_shares(counts) for counts in samples]
    plan.note(_left(samples))
    rounds = list(zip(costs, shares, strict=True))
    return [
        spread("an object of 20,000 x 16 KiB: job and movers", costs, "us"),
        *(spread(f"step {step}", [cost * share[step] for cost, share in rounds], "us") for step in (*STEPS, OTHER)),
        spread("samples add", [b.cpu / a.cpu for a, b in zip(plain, slowed, strict=True)], "x"),
    ]


def _shares(counts: Counter[Stack]) -> dict[str, float]:
    """Return the share of each step in the samples."""
    if not counts:
        raise RuntimeError("py-spy saw no job process")
    of_steps: Counter[str] = Counter()
    for stack, count in counts.items():
        of_steps[step_of(stack)] += count
    return {step: of_steps[step] / counts.total() for step in (*STEPS, OTHER)}


def _left(samples: list[Counter[Stack]]) -> str:
    """Say which code no step claims, by the innermost function of ours."""
    left: Counter[str] = Counter()
    for counts in samples:
        for stack, count in counts.items():
            if step_of(stack) == OTHER:
                left[":".join(stack[-1]) if stack else "no code of avio"] += count
    named = ", ".join(f"{name} {count}" for name, count in left.most_common(SHOWN))
    return f"samples: {sum(counts.total() for counts in samples)}; most of `other`: {named or 'nothing'}"
