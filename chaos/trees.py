"""The files that jobs move: the same for a name and a number of files, wherever they are made or compared."""

import random
from pathlib import Path

MAX_SIZE = 2048


def content(name: str, files: int) -> dict[str, bytes]:
    """Return the files of the tree `name`, by their path below it."""
    source = random.Random(name)
    return {f"{n // 100:02}/{n:04}.bin": source.randbytes(source.randint(1, MAX_SIZE)) for n in range(files)}


def plant(root: Path, name: str, files: int) -> None:
    """Put the tree under `root`, below its name."""
    for path, data in content(name, files).items():
        file = root / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def differing(root: Path, name: str, files: int) -> tuple[int, int]:
    """Return how many files of the tree are missing under `root`, and how many are there and not as they should be."""
    missing = other = 0
    for path, data in content(name, files).items():
        try:
            other += (root / name / path).read_bytes() != data
        except FileNotFoundError:
            missing += 1
    return missing, other
