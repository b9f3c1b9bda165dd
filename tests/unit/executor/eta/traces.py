"""Traces of jobs that never ran: a store with latency and bandwidth, workers that start one after another, a seed.

Workers take files in the order of the listing. All get the same share of the bandwidth.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from avio.executor.eta.estimator import Work

KIB, MIB = 1 << 10, 1 << 20
STEP_SECONDS = 0.1
LOOK_STEPS = 5
PIECE_BYTES = 32 * MIB
VERIFY_SECONDS = 0.3


@dataclass(frozen=True)
class Store:
    """Seconds before the first byte; bytes per second of one request and of all; requests at once."""

    latency: float
    each: float
    all: float
    workers: int


@dataclass(frozen=True)
class Point:
    """What the job knows after so many seconds."""

    seconds: float
    work: Work


def small(random: Random) -> list[int]:
    return [random.randint(1, 64) * KIB for _ in range(random.randint(8_000, 16_000))]


def large(random: Random) -> list[int]:
    return [random.randint(200, 900) * MIB for _ in range(random.randint(12, 30))]


def mixed(random: Random) -> list[int]:
    """Most files small, most bytes in large ones, in any order."""
    sizes = [random.randint(1, 256) * KIB for _ in range(random.randint(2_000, 5_000))]
    sizes += [random.randint(8, 128) * MIB for _ in range(random.randint(30, 90))]
    random.shuffle(sizes)
    return sizes


def skewed(random: Random) -> list[int]:
    """Directories of one size of file each, as a data set has them: annotations, images, videos, by name."""
    parts = [
        [random.randint(1, 8) * KIB for _ in range(random.randint(1_000, 3_000))],
        [random.randint(50, 500) * KIB for _ in range(random.randint(1_000, 3_000))],
        [random.randint(20, 100) * MIB for _ in range(random.randint(20, 60))],
        [int(random.paretovariate(1.2) * 64 * KIB) for _ in range(random.randint(500, 1_500))],
    ]
    random.shuffle(parts)
    return [size for part in parts for size in part]


def slow(random: Random) -> list[int]:
    """A mix for a slow store."""
    return mixed(random)[::3]


SHAPES = {"small": small, "large": large, "mixed": mixed, "skewed": skewed, "slow": slow}


def store(shape: str, random: Random) -> Store:
    """Return a store; that of `slow` has a high latency and a low bandwidth."""
    if shape == "slow":
        return Store(random.uniform(0.1, 0.3), 4 * MIB, random.uniform(15, 30) * MIB, 16)
    return Store(random.uniform(0.01, 0.05), 25 * MIB, random.uniform(80, 160) * MIB, 16)


def trace(sizes: list[int], place: Store, random: Random) -> Iterator[Point]:
    """Yield how far a job is, twice a second, until its transfer is over, and once more after its verification."""
    total, pieces = sum(sizes), [(number, piece) for number, size in enumerate(sizes) for piece in _pieces(size)]
    left_of = [len(_pieces(size)) for size in sizes]
    latencies, rests = [0.0] * place.workers, [0.0] * place.workers
    working: list[int | None] = [None] * place.workers
    steps = at = files = 0
    wire, pace = 0.0, 1.0
    while files < len(sizes):
        if steps % 20 == 0:
            pace = random.uniform(0.85, 1.15)  # the store has better and worse moments
        workers = min(place.workers, 4 + steps)  # a job starts with few, and adds more
        active = sum(1 for number in range(workers) if working[number] is not None and latencies[number] <= 0)
        rate = min(place.each, place.all * pace / max(1, active))
        for number in range(workers):
            left = STEP_SECONDS
            while left > 0:
                if working[number] is None:
                    if at == len(pieces):
                        break
                    working[number], rests[number] = pieces[at]
                    latencies[number] = place.latency * random.lognormvariate(0, 0.5)
                    at += 1
                wait = min(left, latencies[number])
                came = min(rests[number], (left - wait) * rate)
                latencies[number], rests[number] = latencies[number] - wait, rests[number] - came
                wire += came
                left -= wait + came / rate
                if latencies[number] <= 0 and rests[number] <= 0:
                    file = working[number]
                    working[number] = None
                    left_of[file] -= 1
                    files += not left_of[file]
        steps += 1
        if steps % LOOK_STEPS == 0:
            yield Point(steps * STEP_SECONDS, Work(True, len(sizes), total, files, int(wire), len(sizes)))
    end = steps * STEP_SECONDS + VERIFY_SECONDS
    yield Point(end, Work(True, len(sizes), total, files, total, len(sizes), len(sizes)))


def _pieces(size: int) -> list[float]:
    """Return the sizes of the requests of a file."""
    return [float(PIECE_BYTES)] * (size // PIECE_BYTES) + [float(size % PIECE_BYTES)]
