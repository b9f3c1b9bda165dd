"""The data sets and tiers of `prove.room`, and the orders that a random user makes. Pure, but for `fill`."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

from avio.wire.params import Params

KIB, MIB = 1 << 10, 1 << 20
TIERS = {"MEM": 6 * MIB, "SSD": 10 * MIB}
SETS = 30
IF_FULL = ("fail", "partial", "wait", "evict")


@dataclass(frozen=True, slots=True)
class DataSet:
    """A directory of the bucket, by its name: the bytes of its files."""

    name: str
    sizes: tuple[int, ...]

    @property
    def path(self) -> str:
        """Where it is in the cache."""
        return f"/data/{self.name}"


def data_sets(random: Random) -> list[DataSet]:
    """Return small and large sets; one of them fits on the larger tier alone, one on both together, one nowhere."""
    ordinary = [_of_size(random, f"set{number:02}", random.randint(100 * KIB, 4 * MIB)) for number in range(SETS)]
    larger = {"large": 8 * MIB, "larger": 13 * MIB, "largest": 20 * MIB}
    return [*ordinary, *(_of_size(random, name, size) for name, size in larger.items())]


def _of_size(random: Random, name: str, total: int) -> DataSet:
    files = random.randint(1, 25)
    cuts = sorted(random.randint(0, total) for _ in range(files - 1))
    ends = zip([0, *cuts], [*cuts, total], strict=True)
    return DataSet(name, tuple(max(1, end - begin) for begin, end in ends))


def fill(bucket: Path, sets: list[DataSet], random: Random) -> None:
    """Write all files into the bucket."""
    for each in sets:
        (bucket / each.name).mkdir(parents=True)
        for number, size in enumerate(each.sizes):
            (bucket / each.name / f"{number:03}").write_bytes(random.randbytes(size))


def order(random: Random, sets: list[DataSet]) -> tuple[list[DataSet], Params]:
    """Return the sets of a random preload, and its params."""
    wanted = random.sample(sets, random.choice((1, 1, 1, 2)))
    params = Params(
        paths=tuple(each.path for each in wanted),
        if_full=random.choice(IF_FULL),
        tier=random.choice((None, None, "MEM", "SSD")),
        spread=random.random() < 0.15,
    )
    return wanted, params if not (params.tier and params.spread) else Params(paths=params.paths, if_full=params.if_full)
