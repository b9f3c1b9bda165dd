"""`python -m prove ROUNDS [SEED]`: each situation in each round, then the table."""

import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

from prove.situations import SITUATIONS, Judged, Situation
from prove.world import world
from tests.servers.alluxio import NoAlluxio

SHOWN = 3  # files of each job that are named


def main(rounds: int, seed: int) -> int:
    """Return 1 if a job called succeeded what was gone five seconds later."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # as Ctrl-C, its servers end with it
    print(f"{rounds} rounds, seed {seed}", flush=True)
    found: dict[str, list[Judged]] = {name: [] for name in SITUATIONS}
    with tempfile.TemporaryDirectory(prefix="avio-prove-", dir=_fast_directory()) as name:
        home = Path(name)
        home.chmod(0o755)  # the database runs as another user
        try:
            for situation, judged in prove(home, rounds, Random(seed)):
                found[situation].append(judged)
        except NoAlluxio as error:
            sys.exit(str(error))
        finally:  # the table of a run that was cut short is worth reading too
            print(table(found))
    broken = sum(judged.broken for each in found.values() for judged in each)
    print(f"seed {seed}: {f'{broken} jobs said more than was true' if broken else 'every success was true'}")
    return 1 if broken else 0


def prove(
    home: Path, rounds: int, random: Random, situations: Mapping[str, Situation] = SITUATIONS
) -> Iterator[tuple[str, Judged]]:
    """Play the situations so often, and yield what was judged in each."""
    with world(home) as made:
        for number in range(1, rounds + 1):
            for name, situation in situations.items():
                began = time.monotonic()
                for judged in situation(made, random):
                    print(f"{number:3}  {name:36} {time.monotonic() - began:5.1f} s  {_in_words(judged)}", flush=True)
                    began = time.monotonic()
                    yield name, judged


def table(found: dict[str, list[Judged]]) -> str:
    """Return how many jobs of each situation ended in which way, and how many said more than was true."""
    lines = [f"\n{'situation':36} {'jobs':>5} {'succeeded':>10} {'partial':>8} {'failed':>7} {'untrue':>7}"]
    for name, judged in found.items():
        ends = Counter(each.job["status"] for each in judged)
        counts = f"{ends['succeeded']:10} {ends['partial']:8} {ends['failed']:7}"
        lines.append(f"{name:36} {len(judged):5} {counts} {sum(each.broken for each in judged):7}")
    return "\n".join(lines)


def _in_words(judged: Judged) -> str:
    text = f"{judged.job['status']}: {judged.job['message']}"
    if not judged.gone:
        return text
    mark = "UNTRUE: " if judged.broken else ""
    lost = f", {len(judged.lost)} of them were there before" if judged.lost else ""
    return f"{text}  [{mark}{len(judged.gone)} not there{lost}, first {', '.join(judged.gone[:SHOWN])}]"


def _fast_directory() -> str | None:
    """Memory where there is some: the disk of the machine is not what is proved."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())))
