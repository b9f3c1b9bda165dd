"""`python -m chaos MINUTES SEED [OLD]`: storms and single faults in turn, then quiet, then the checks and the table."""

import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from chaos.fleet import unfit
from chaos.ground import Ground, ground
from chaos.invariants import ENDS
from chaos.measures import TARGETS, Measures
from chaos.players import Players
from chaos.world import NODES, World, world
from supervisor.intake.kept_sweep import LOOK_SECONDS
from supervisor.shared.kept_listings import KEPT_NAME
from tests.processes import wait_until

STORM_SECONDS = 15.0
STORE_SECONDS = 10.0
ABSENCE_SECONDS = 8.0
CALM_LIMIT = 120.0
SETTLE_LIMIT = 240.0
TIDY_SECONDS = 3.0
SHOWN = 5


def main(minutes: float, seed: int, old: Path | None = None) -> int:
    """Run for so many minutes; return 1 when something did not hold or was mended too late.

    One node runs the supervisor of the checkout `old`, unless that needs other tables.
    """
    if old is not None and (why := unfit(old)):
        print(f"{old} is left out: {why}")
        old = None
    home = Path(tempfile.mkdtemp(prefix="avio-chaos-", dir=_fast_directory()))
    home.chmod(0o755)  # the database runs as another user
    print(f"chaos: {minutes:g} minutes, seed {seed}", flush=True)
    good = False
    try:
        with ground(home, seed) as standing, world(home, standing.disk, standing.endpoint, old) as (made, user):
            _tell_what_is_left_out(made, old)
            players = Players(made, user, standing, seed, old)
            _break_things(60 * minutes, players)
            _settle(players)
            good = _show(players)
    finally:
        if good:
            shutil.rmtree(home, ignore_errors=True)
        else:
            print(f"logs: {home / 'logs'}")
    print(f"seed {seed}: {'everything held' if good else 'NOT everything held'}")
    return 0 if good else 1


def _tell_what_is_left_out(made: World, old: Path | None) -> None:
    if not made.clocks.parts:
        print("no C compiler (cc): no wall clock is stepped")
    if old is None:
        print("no checkout of another version with the same tables (OLD): all nodes are of this one")


def _break_things(seconds: float, players: Players) -> None:
    until = time.monotonic() + seconds
    players.begin()
    rounds = 0
    try:
        while time.monotonic() < until:
            _storm(players, NODES[rounds % len(NODES)])
            _store_storm(players.ground, take_disk=rounds % 2 == 0)
            players.ground.sky.clear()
            players.measures.next()
            rounds += 1
    finally:
        players.ground.sky.clear()
        players.storm.calm_down()
        players.twins.end()
        players.end_orders()


def _storm(players: Players, doubled: str) -> None:
    """Let everything go wrong at once, beside a second supervisor named `doubled`."""
    wait_until(players.world.is_whole, CALM_LIMIT, "the node is registered before its name is taken again")
    players.twins.begin(doubled)
    players.ground.sky.rage()
    players.storm.rage(STORM_SECONDS)
    players.canaries.watch()
    players.storm.calm_down()
    players.twins.end()
    players.fleet.look()


def _store_storm(standing: Ground, *, take_disk: bool) -> None:
    """Leave all processes alone: the store's weather goes on, and the large tier may lose its disk for a while."""
    time.sleep(STORE_SECONDS)
    if take_disk:
        began = time.time()
        standing.disk.unmount()
        time.sleep(ABSENCE_SECONDS)
        standing.stray += standing.disk.mount()
        standing.absences.append((began, time.time()))


def _settle(players: Players) -> None:
    made = players.world
    wait_until(made.is_whole, CALM_LIMIT, "everything is whole again")
    began = time.monotonic()
    try:
        wait_until(lambda: not _unfinished(made), SETTLE_LIMIT, "all jobs have ended")
    except AssertionError as error:
        print(error)
    print(f"all jobs ended {time.monotonic() - began:.1f} s after the last fault")
    players.end()
    players.orders.stop_watching(60)
    time.sleep(TIDY_SECONDS)
    with suppress(AssertionError):  # the checks say what is left
        wait_until(
            lambda: not any(made.cluster.spool.glob(f"*/{KEPT_NAME}/*")), LOOK_SECONDS, "kept listings are removed"
        )


def _unfinished(made: World) -> list[object]:
    return [job for (job,) in made.ask("SELECT id FROM jobs WHERE state NOT IN %s", ENDS)]


def _show(players: Players) -> bool:
    print(f"\n{len(players.orders.accepted)} jobs, {sum(players.storm.counts.values())} faults at random:")
    for name, count in sorted(players.storm.counts.items()):
        print(f"  {count:5}  {name}")
    _show_weather(players)
    violations = 0
    print("\nwhat must hold                                                 looked at  violations")
    for name, (looked, wrong) in players.checks().items():
        violations += len(wrong)
        print(f"  {name:58} {looked:10,}  {len(wrong)}")
        for line in wrong[:SHOWN]:
            print(f"      {line}")
    in_time = _show_measures(players.measures)
    print(f"\nviolations: {violations}")
    return in_time and not violations


def _show_weather(players: Players) -> None:
    ground, referee = players.ground, players.referee
    print(f"\n{sum(ground.sky.counts.values())} replies of the store spoilt:")
    for name, count in sorted(ground.sky.counts.items()):
        print(f"  {count:5}  {name}")
    print(f"{ground.hand.deeds} objects changed, deleted or added by another hand while jobs worked")
    print(f"{referee.looked} jobs on the hostile store, {referee.succeeded} succeeded")
    print(f"{len(ground.absences)} times without the disk of a tier, {players.crowd.pairs} pairs on a small tier")


def _show_measures(measures: Measures) -> bool:
    good = True
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
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2]), *(Path(text).resolve() for text in sys.argv[3:] if text)))
