"""Run as a program: copies files by the local engine in children of its own, and kills them at random moments.

`python -m tests.process.programs.copy_files DIRECTORY VERB ROUNDS SEED` prints a JSON object of counts, see `Counts`.
With 0 rounds it copies once and by itself, with one thread. The verb `naive` writes under final names, to show that
this is found.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from tests.contract.engines.harness import OWN_FILES, Attempt, FilesHarness

FILES = [f"d{number // 4}/{number}" for number in range(8)]
LEAST = 20_000  # stamps in a file; the version adds to them, so that each has a size of its own
SWEEP_EACH = 50


@dataclass
class Counts:
    """What came of it: `torn` names, rounds that the signal ended, files renewed, temporaries seen on the way."""

    rounds: int = 0
    killed: int = 0
    renewed: int = 0
    left: int = 0
    left_in_the_end: int = 0
    torn: list[str] = field(default_factory=list)


class Copying:
    """A bucket and a cache, one of which is the source; each round writes a new version of every file there."""

    def __init__(self, directory: Path, verb: str) -> None:
        self._directory, self._verb = directory, verb
        self._bucket, self._cache = directory / "bucket", directory / "tiers" / "MEM" / "data"
        self._source, self._target = self._bucket, self._cache
        if verb == "save":
            self._source, self._target = self._target, self._source
        self._world = FilesHarness(directory)

    def write(self, version: int) -> None:
        """Write the sources, as somebody would who is not killed."""
        for name in FILES:
            file = self._source / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(f"{version:08}".encode() * (LEAST + version))

    def copy(self, attempt: str, threads: int = 4) -> None:
        """Bring all to the other side."""
        if self._verb == "naive":
            for name in FILES:
                (self._target / name).parent.mkdir(parents=True, exist_ok=True)
                with open(self._source / name, "rb") as source, open(self._target / name, "wb", 0) as target:
                    while chunk := source.read(4096):
                        target.write(chunk)
        elif self._verb == "save":
            self._world.save(run=Attempt(attempt, threads), on_conflict="overwrite")
        else:
            self._world.preload(run=Attempt(attempt, threads))

    def sweep(self) -> None:
        """Remove the temporaries of all attempts."""
        self._world.engine.sweep(lambda: ())

    def look(self, version: int, counts: Counts) -> None:
        """Count final names that are torn, or of this version, and temporaries."""
        for name in FILES:
            file = self._target / name
            if file.exists():
                data = file.read_bytes()
                if data != data[:8] * (LEAST + int(data[:8] or 0)):
                    counts.torn.append(f"{name} in round {version}: {len(data)} bytes")
                counts.renewed += data[:8] == f"{version:08}".encode()
        counts.left += len(self.temporaries())

    def has_begun(self, before: int) -> bool:
        """Return True if there are more temporaries than before."""
        return len(self.temporaries()) > before

    def temporaries(self) -> list[str]:
        """Return the files of attempts that have not ended, or were killed."""
        hidden = [self._bucket / ".avio", *(tier / ".avio" for tier in self._world.tiers)]
        found = [name for root in hidden for _, _, names in os.walk(root) for name in names]
        return [name for name in found if name not in OWN_FILES]


def in_child(
    work: Callable[[], None], delay: float | None = None, begun: Callable[[], bool] = lambda: True
) -> tuple[float, bool]:
    """Run `work` in a forked child, killed `delay` seconds after it has `begun`, unless it has ended before.

    Return how long it took and whether it was killed.
    """
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    if delay is not None:
        while not begun() and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            time.sleep(0.0005)
        time.sleep(delay)
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return time.monotonic() - began, os.WIFSIGNALED(status)


def copy_whole(copying: Copying, version: int) -> float:
    """Copy a version undisturbed, and return how long it took, in seconds."""
    copying.write(version)
    took, _ = in_child(lambda: copying.copy(f"01WHOLE.{version + 9}"))
    return took


def main() -> None:
    """Copy and kill, and tell of it."""
    directory, verb, rounds, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    copying = Copying(directory, verb)
    copying.write(0)
    if not rounds:
        copying.copy("01ONCE.1", threads=1)
        return
    chance = random.Random(seed)
    took = min(copy_whole(copying, version) for version in (-2, -1, 0))  # the first may be slow
    counts = Counts()
    for version in range(1, rounds + 1):
        copying.write(version)
        work = partial(copying.copy, f"01JOB.{version}")
        if version % 2 or verb == "naive":
            _, killed = in_child(work, chance.uniform(0, took))
        else:  # on a busy machine, most children have no temporary by then
            before = len(copying.temporaries())
            _, killed = in_child(work, chance.uniform(0, took / 4), partial(copying.has_begun, before))
        counts.killed += killed
        copying.look(version, counts)
        if version % SWEEP_EACH == 0:
            copying.sweep()
    counts.rounds = rounds
    copying.sweep()
    counts.left_in_the_end = len(copying.temporaries())
    print(json.dumps(asdict(counts)))


if __name__ == "__main__":
    main()
