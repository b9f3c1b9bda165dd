"""What makes a cache drop files: too much for its room, a free a moment ago, another program, a rival job.

Each situation runs preloads, and judges each: what it called done must still be there after QUIET_SECONDS.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random

from avio.client.shapes import JobInfo
from avio.wire.paths import is_under
from prove.world import ALL, BIG, LEFT, RIGHT, SMALL, FileSet, World

QUIET_SECONDS = 5.0  # from a job's end to the look
FREE_EVERY_SECONDS = 0.05
EVICTOR_SECONDS = (0.3, 5.0)  # how long another program frees files, at least and at most


@dataclass(frozen=True, slots=True)
class Judged:
    """A job that ended, and the files of it that were not there afterwards, `lost` of them from before the job.

    If nobody else was at work, `alone`, each file that it called done must be there, whatever its end.
    """

    job: JobInfo
    gone: list[str]
    alone: bool = True
    lost: tuple[str, ...] = ()

    @property
    def broken(self) -> bool:
        """Tell whether the job said more than was true, or dropped what it had to keep."""
        progress = self.job["progress"]
        there = progress["total"]["files"] - len(self.gone)
        judged = self.alone or self.job["status"] == "succeeded"
        return (judged and there < progress["done"]["files"]) or bool(self.lost)


Situation = Callable[[World, Random], Iterator[Judged]]


def two_sets_in_turn(world: World, random: Random) -> Iterator[Judged]:
    """Each of two sets fits, and both don't: each preload has the other's files dropped."""
    for files in (BIG, SMALL):
        yield _look(world, files, world.end_of(world.begin(files)))


def free_and_preload(world: World, random: Random) -> Iterator[Judged]:
    """A preload follows a free without a pause: the workers have not carried it out."""
    files = random.choice((BIG, SMALL))
    world.end_of(world.begin(files))
    world.free(files)
    yield _look(world, files, world.end_of(world.begin(files)))


def foreign_evictor(world: World, random: Random) -> Iterator[Judged]:
    """Another program frees a file each 50 ms for a while, at the longest to the job's end."""
    files = random.choice((BIG, LEFT))
    world.end_of(world.begin(files))
    over = threading.Event()
    evictor = threading.Thread(target=_evict, args=(world, files, random.uniform(*EVICTOR_SECONDS), over))
    evictor.start()
    try:
        job = world.end_of(world.begin(files))
    finally:
        over.set()
        evictor.join()
    yield _look(world, files, job, alone=False)


def more_than_fits(world: World, random: Random) -> Iterator[Judged]:
    """A preload takes what fits of a set larger than the cache. None of its files in place may give way to others."""
    before = random.choice((BIG, RIGHT))
    world.end_of(world.begin(before))
    gone = set(world.witness.gone(before.path))
    judged = _look(world, ALL, world.end_of(world.begin(ALL, "--if-full", "partial")))
    yield replace(judged, lost=tuple(path for path in judged.gone if is_under(path, before.path) and path not in gone))


def two_rivals(world: World, random: Random) -> Iterator[Judged]:
    """Two preloads at once don't fit together. The one that ends last is judged: the other had a rival at its end."""
    begun = [(files, world.begin(files)) for files in (LEFT, RIGHT)]
    ended = [(files, world.end_of(job)) for files, job in begun]
    yield _look(world, *max(ended, key=lambda each: each[1]["finishTime"] or ""), alone=False)


SITUATIONS: Mapping[str, Situation] = {
    "two sets in turn on a full cache": two_sets_in_turn,
    "a preload right after a free": free_and_preload,
    "another program frees files": foreign_evictor,
    "more than fits, with ifFull=partial": more_than_fits,
    "two preloads at once": two_rivals,
}


def _look(world: World, files: FileSet, job: JobInfo, *, alone: bool = True) -> Judged:
    time.sleep(QUIET_SECONDS)
    return Judged(job, world.witness.gone(files.path), alone)


def _evict(world: World, files: FileSet, seconds: float, over: threading.Event) -> None:
    until = time.monotonic() + seconds
    number = 0
    while time.monotonic() < until and not over.wait(FREE_EVERY_SECONDS):
        world.witness.free(f"{files.path}/{number % files.files:04}")
        number += 1
