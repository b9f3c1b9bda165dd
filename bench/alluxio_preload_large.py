"""Preload of 4 x 256 MiB by Alluxio, in blocks of 64 MB, beside its own `fs load`."""

from pathlib import Path

from bench.alluxio_ground import ground, preloads
from bench.figures import Figure

FILES, SIZE = 4, 256 << 20


def measure(directory: Path) -> list[Figure]:
    """Return times and their ratio."""
    with ground(directory) as made:
        made.fill("large", FILES, SIZE)
        return preloads(made, "/large", FILES, "4 x 256 MiB local", 0.95)
