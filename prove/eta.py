"""`python -m prove.eta JOBS [SEED]`: really run jobs of five shapes on throttled stores, and score what they told.

Exit 1 if less than 80 % of the jobs knew their end within 20 % after a tenth of their time.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, cast

from avio.client.shapes import JobInfo
from avio.wire.states import JobType
from bench.stack import ROOT, Stack, stack, toml
from prove.eta_scores import Score, Seen, scores, table
from prove.eta_sets import FAST, SHAPES, SLOW, Shape, fill
from tests.servers.golang import NoGo
from tests.servers.memory_s3 import memory_s3

END_LIMIT = 600.0  # seconds of a job
ENOUGH = 0.8  # of all jobs
TENTH = 10


def main(jobs: int, seed: int) -> int:
    """Return 1 if too few jobs knew their end."""
    print(f"{jobs} jobs, seed {seed}", flush=True)
    found: dict[str, list[dict[int, Score]]] = {shape.name: [] for shape in SHAPES}
    random = Random(seed)
    with tempfile.TemporaryDirectory(prefix="avio-prove-eta-", dir=_fast_directory()) as name:
        try:
            with _world(Path(name)) as world:
                for number in range(jobs):
                    shape = SHAPES[number % len(SHAPES)]
                    found[shape.name].append(_run(world, number, shape, random))
                stats = [sys.executable, "-m", "avio.admin", "stats", "eta", "--home", str(world.home)]
                subprocess.run(stats, cwd=ROOT, check=True)
        except NoGo as error:
            sys.exit(str(error))
        finally:  # the table of a run that was cut short is worth reading too
            print(table(found), flush=True)
    close = sum(TENTH in each and each[TENTH].is_close for every in found.values() for each in every)
    print(f"after a tenth of their time {close} of {jobs} jobs knew their end within 20 %")
    return 0 if close >= ENOUGH * jobs else 1


@contextmanager
def _world(home: Path) -> Iterator[Stack]:
    with memory_s3(**FAST) as fast, memory_s3(**SLOW) as slow:
        mounts = {mount: (fill(store, mount), store.options) for mount, store in (("/fast", fast), ("/slow", slow))}
        with stack(home / "home", toml(mounts, {"MEM": home / "tier"})) as running:
            yield running


def _run(world: Stack, number: int, shape: Shape, random: Random) -> dict[int, Score]:
    """Preload a part of a shape, note what its user sees, and empty the cache again."""
    job = world.client.submit(JobType.PRELOAD, shape.order(random))
    seen: list[Seen] = []
    ended: dict[str, Any] = {}
    for event in world.client.events(job["id"], until=time.monotonic() + END_LIMIT):
        seen.append((datetime.now(UTC), event.data.get("eta")))
        ended = event.data if event.kind == "end" else ended
    if ended.get("status") != "succeeded":
        raise RuntimeError(f"job {job['id']} ended {ended.get('status')}: {ended.get('message')}")
    scored = scores(ended, seen)
    took = datetime.fromisoformat(ended["finishTime"]) - datetime.fromisoformat(ended["startTime"])
    told = "  ".join(f"{mark}% {score.ratio:.2f}" for mark, score in scored.items())
    done = ended["progress"]["done"]
    what = f"{shape.name:8} {done['files']:6} files {done['bytes'] >> 20:5} MiB {took.total_seconds():6.1f} s"
    print(f"{number + 1:4} {what}  {told}", flush=True)
    world.wait_for_end(cast(JobInfo, world.client.free(shape.path, recursive=True, as_job=True)))
    return scored


def _fast_directory() -> str | None:
    """Memory where there is some: the disk of the machine is not what is proved."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())))
