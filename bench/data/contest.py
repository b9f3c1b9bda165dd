"""Runs contenders in turn, A/B/A/B, and makes figures of it: medians, and ratios round by round."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bench.data.processes import own_seconds
from bench.figures import Figure, spread

OURS = "avio"
BY_SIZE = "avio by size"  # without a digest of what comes, as s5cmd
FEW = 100  # objects, below which processor time is shown in seconds


@dataclass(frozen=True, slots=True)
class Run:
    """One run: seconds on the clock and of processor time, that of all of its processes, and requests, if counted.

    `served` is the processor time of the server meanwhile, 0 if it is not known.
    """

    wall: float
    cpu: float
    requests: int = 0
    served: float = 0.0


Results = dict[str, list[Run]]


def contest(rounds: int, contenders: Mapping[str, Callable[[], Run]], server: int | None = None) -> Results:
    """Let each run once a round. The first round warms all, and does not count.

    `server` is the process that all of them ask.
    """
    results: Results = {name: [] for name in contenders}
    for no in range(rounds + 1):
        for name, run in contenders.items():
            before = own_seconds(server) if server else 0.0
            ran = run()
            if server:
                ran = replace(ran, served=own_seconds(server) - before)
            if no:
                results[name].append(ran)
    return results


def figures(
    name: str,
    results: Results,
    count: int,
    *,
    at_least: Mapping[str, float] | None = None,
    cpu: float | None = None,
    requests: float | None = None,
) -> list[Figure]:
    """Return walls, ratios to the peers, and what an object costs, for `count` objects.

    Targets: `at_least` has ratios by peer; `cpu` is ms of processor time an object, `requests` requests an object.
    """
    at_least = at_least or {}
    found = [spread(f"{name}: {_called(who)}", [run.wall for run in runs], "s") for who, runs in results.items()]
    found += [
        spread(f"{name}: {who} / avio", ratios(results, who), "x", at_least=at_least.get(who))
        for who in results
        if who != OURS
    ]
    scale, unit = (1, "s/object") if count < FEW else (1000, "ms/object")
    for who, runs in results.items():
        title = f"{name}: processor time, {'job and movers' if who == OURS else who}"
        values = [run.cpu * scale / count for run in runs]
        found.append(spread(title, values, unit, at_most=cpu if who == OURS else None))
    if all(run.served for run in results[OURS]):
        found += _bounds(name, results, count)
    if requests is not None:
        values = [run.requests / count for run in results[OURS]]
        found.append(spread(f"{name}: requests an object", values, "", at_most=requests))
    return found


def _bounds(name: str, results: Results, count: int) -> list[Figure]:
    """Return what the server costs, and how fast avio would be if it cost nothing: server and contender share cores."""
    served = [run.served for run in results[OURS]]
    walls = zip((run.wall for run in results["s5cmd"]), served, strict=True)
    bounds = [wall * (os.cpu_count() or 1) / seconds for wall, seconds in walls]
    return [
        spread(
            f"{name}: processor time, the server beside avio", [each * 1000 / count for each in served], "ms/object"
        ),
        spread(f"{name}: s5cmd / the server's work on all cores", bounds, "x"),
    ]


def ratios(results: Results, *peers: str, ours: str = OURS) -> list[float]:
    """Return how the best of `peers` compares to us, round by round: above 1, avio is faster."""
    rounds = zip(results[ours], *(results[peer] for peer in peers), strict=True)
    return [min(run.wall for run in theirs) / mine.wall for mine, *theirs in rounds]


def large_figures(name: str, results: Results, count: int, at_least: float) -> list[Figure]:
    """Return the figures of large objects; the target is a ratio to s5cmd of equal work, the digest beside it."""
    by_size = ratios(results, "s5cmd", ours=BY_SIZE)
    return [
        *figures(name, results, count),
        spread(f"{name}: s5cmd / {BY_SIZE}", by_size, "x", at_least=at_least),
        spread(f"{name}: rclone / {BY_SIZE}", ratios(results, "rclone", ours=BY_SIZE), "x"),
    ]


def _called(who: str) -> str:
    return f"{who}, submit to checked end" if who == OURS else who
