"""`python -m chaos MINUTES SEED`: storms and single faults in turn, then quiet, then the checks and the table."""

import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from chaos.canaries import Canaries
from chaos.invariants import ENDS, Invariants
from chaos.measures import TARGETS, Measures
from chaos.orders import Orders
from chaos.storm import Storm
from chaos.world import World, world
from tests.processes import wait_until

STORM_SECONDS = 15.0
CALM_LIMIT = 120.0
SETTLE_LIMIT = 240.0
TIDY_SECONDS = 3.0
SHOWN = 5


def main(minutes: float, seed: int) -> int:
    """Run for so many minutes; return 1 when something did not hold or was mended too late."""
    home = Path(tempfile.mkdtemp(prefix="avio-chaos-", dir=_fast_directory()))
    home.chmod(0o755)  # the database runs as another user
    print(f"chaos: {minutes:g} minutes, seed {seed}", flush=True)
    good = False
    try:
        with world(home) as (made, user):
            orders, storm = Orders(made, user, random.Random(seed)), Storm(made, random.Random(seed + 1))
            measures = Measures(made, orders, random.Random(seed + 2))
            canaries = Canaries(made, user)
            _break_things(60 * minutes, orders, storm, measures, canaries)
            _settle(made, orders)
            good = _show(made, orders, storm, measures, canaries)
    finally:
        if good:
            shutil.rmtree(home, ignore_errors=True)
        else:
            print(f"logs: {home / 'logs'}")
    print(f"seed {seed}: {'everything held' if good else 'NOT everything held'}")
    return 0 if good else 1


def _break_things(seconds: float, orders: Orders, storm: Storm, measures: Measures, canaries: Canaries) -> None:
    until = time.monotonic() + seconds
    orders.begin()
    try:
        while time.monotonic() < until:
            storm.rage(STORM_SECONDS)
            canaries.watch()
            storm.calm_down()
            measures.next()
    finally:
        storm.calm_down()
        orders.end()


def _settle(made: World, orders: Orders) -> None:
    wait_until(made.is_whole, CALM_LIMIT, "everything is whole again")
    began = time.monotonic()
    try:
        wait_until(lambda: not _unfinished(made), SETTLE_LIMIT, "all jobs have ended")
    except AssertionError as error:
        print(error)
    print(f"all jobs ended {time.monotonic() - began:.1f} s after the last fault")
    orders.stop_watching(60)
    time.sleep(TIDY_SECONDS)


def _unfinished(made: World) -> list[object]:
    return [job for (job,) in made.ask("SELECT id FROM jobs WHERE state NOT IN %s", ENDS)]


def _show(made: World, orders: Orders, storm: Storm, measures: Measures, canaries: Canaries) -> bool:
    print(f"\n{len(orders.accepted)} jobs, {sum(storm.counts.values())} faults at random:")
    for name, count in sorted(storm.counts.items()):
        print(f"  {count:5}  {name}")
    good = True
    print("\nwhat must hold                                                 looked at  violations")
    for name, check in Invariants(made, orders, canaries, measures.long_faults).checks().items():
        looked, wrong = check()
        good &= not wrong
        print(f"  {name:58} {looked:10,}  {len(wrong)}")
        for line in wrong[:SHOWN]:
            print(f"      {line}")
    print("\nmended after (s)                                           n      p50      p99   target")
    for name, target in TARGETS.items():
        samples = measures.samples.get(name, [])
        met = bool(samples) and percentile(samples, 99) <= target
        good &= met
        figures = f"{percentile(samples, 50):8.2f} {percentile(samples, 99):8.2f}" if samples else f"{'none':>17}"
        print(f"  {name:52} {len(samples):5} {figures} {target:8.1f}  {'met' if met else 'MISSED'}")
    return good


def percentile(samples: Sequence[float], percent: float) -> float:
    """Return the least sample that `percent` of all don't exceed."""
    return sorted(samples)[max(0, -(-len(samples) * percent // 100).__int__() - 1)]


def _fast_directory() -> str | None:
    """Memory where there is some: a disk would be the slowest part of all."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2])))
