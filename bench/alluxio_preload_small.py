"""Preload of 10,000 x 16 KiB by Alluxio, from a local directory and from an S3 mount, beside its own `fs load`."""

from pathlib import Path

from bench.alluxio_ground import BUCKET, ground, preloads
from bench.figures import Figure
from bench.objects import fill

FILES, SIZE = 10_000, 16 << 10


def measure(directory: Path) -> list[Figure]:
    """Return times and ratios of both."""
    with ground(directory) as made:
        made.fill("small", FILES, SIZE)
        local = preloads(made, "/small", FILES, "10,000 x 16 KiB local", 1.6)
        made.books.empty("/small")
        fill(BUCKET, made.server.options, "small", FILES, SIZE)
        return local + preloads(made, "/s3/small", FILES, "10,000 x 16 KiB S3", 1.6)
