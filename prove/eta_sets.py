"""What the jobs of `python -m prove.eta` move: data sets of five shapes on two throttled stores."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random

from tests.servers.memory_s3 import MemoryS3

KIB, MIB = 1 << 10, 1 << 20
DIRECTORIES = 10  # of a shape; each job takes some
TAKEN = (4, 8)  # at least and at most

# The flags of the two stores: seconds before each answer, and bytes per second of all answers.
FAST = {"delay": "15ms", "bandwidth": 10_000_000}
SLOW = {"delay": "200ms", "bandwidth": 4_000_000}

Sizes = Callable[[int, Random], list[int]]


@dataclass(frozen=True, slots=True)
class Shape:
    """A name, the mount that it lies below, and the sizes of the files of a directory by its number."""

    name: str
    mount: str
    sizes: Sizes

    @property
    def path(self) -> str:
        """The directory of all its files."""
        return f"{self.mount}/{self.name}"

    def order(self, random: Random) -> dict[str, object]:
        """Return the params of a job that takes some of the directories."""
        taken = random.sample(range(DIRECTORIES), random.randint(*TAKEN))
        left = [f"- /d{number}/**" for number in range(DIRECTORIES) if number not in taken]
        return {"alluxioUri": self.path, "filters": left}

    def objects(self) -> Iterator[tuple[str, int]]:
        """Yield key and size of each object in its bucket."""
        for number in range(DIRECTORIES):
            for place, size in enumerate(self.sizes(number, Random(f"{self.name} {number}"))):
                yield f"{self.name}/d{number}/{place:05}", size


def _small(_: int, random: Random) -> list[int]:
    return [random.randint(1, 64) * KIB for _ in range(random.randint(500, 1000))]


def _large(_: int, random: Random) -> list[int]:
    return [random.randint(8, 24) * MIB for _ in range(random.randint(1, 3))]


def _mixed(_: int, random: Random) -> list[int]:
    """Most files small, most bytes in a few large ones, in any order."""
    sizes = [random.randint(1, 256) * KIB for _ in range(80)] + [random.randint(2, 12) * MIB for _ in range(3)]
    random.shuffle(sizes)
    return sizes


def _skewed(number: int, random: Random) -> list[int]:
    """A directory for each kind: annotations, images, videos, and what has a long tail."""
    kind = number % 4
    if kind == 0:
        return [random.randint(1, 8) * KIB for _ in range(1500)]
    if kind == 1:
        return [random.randint(50, 500) * KIB for _ in range(120)]
    if kind == 2:
        return [random.randint(8, 20) * MIB for _ in range(3)]
    return [min(16 * MIB, int(random.paretovariate(1.2) * 32 * KIB)) for _ in range(200)]


def _slow(_: int, random: Random) -> list[int]:
    return [random.randint(1, 256) * KIB for _ in range(30)] + [random.randint(1, 6) * MIB for _ in range(2)]


SHAPES = (
    Shape("small", "/fast", _small),
    Shape("large", "/fast", _large),
    Shape("mixed", "/fast", _mixed),
    Shape("skewed", "/fast", _skewed),
    Shape("slow", "/slow", _slow),
)


def fill(store: MemoryS3, mount: str) -> str:
    """Put the objects of the shapes below `mount` into a bucket, and return its URL."""
    bucket = mount[1:]
    url, client = store.make_bucket(bucket), store.store(bucket)
    noise = Random(1).randbytes(32 * MIB)
    found = [each for shape in SHAPES if shape.mount == mount for each in shape.objects()]

    def put(item: tuple[int, tuple[str, int]]) -> None:
        place, (key, size) = item
        begin = place * 4099 % (len(noise) - size)
        client.put(key, noise[begin : begin + size], use_multipart=False)

    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(put, enumerate(found)):
            pass
    return url
