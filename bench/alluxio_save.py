"""Save of 2,000 x 64 KiB to an S3 mount, beside Alluxio's own `fs persist`, which is given more threads than usual."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import obstore

from bench.alluxio_ground import BUCKET, Ground, ground, ratios, save, timed
from bench.figures import Figure, spread

FILES, SIZE = 2_000, 64 << 10
ROUNDS = 3  # of half a minute and a minute
ABREAST = "64"  # files that the peer saves at a time: by default 4, with which it takes a quarter of an hour


def measure(directory: Path) -> list[Figure]:
    """Return the times of both, in turn, each over files of its own, and how they compare."""
    body = os.urandom(SIZE + FILES)
    ours, peers = [], []
    with ground(directory) as made:
        for no in range(ROUNDS + 1):
            _write(made, body, f"/s3/ours{no}")
            our = save(made, f"/s3/ours{no}")
            _must_be_saved(made, f"ours{no}")
            _write(made, body, f"/s3/peers{no}")
            peer = timed(lambda no=no: _persist(made, f"/s3/peers{no}"))  # type: ignore[misc]
            _must_be_saved(made, f"peers{no}")
            if no:  # the first round warms both
                ours.append(our)
                peers.append(peer)
    return [
        spread("save 2,000 x 64 KiB: avio, submit to checked end", ours, "s"),
        spread(f"save 2,000 x 64 KiB: fs persist, {ABREAST} abreast", peers, "s"),
        spread("save 2,000 x 64 KiB: fs persist / avio", ratios(peers, ours), "x", at_least=1.0),
    ]


def _write(made: Ground, body: bytes, path: str) -> None:
    """Put the files into the cache alone."""

    def put(no: int) -> None:
        made.cluster.write(f"{path}/{no:06}.bin", body[no : no + SIZE])

    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(put, range(FILES)):
            pass


def _persist(made: Ground, path: str) -> None:
    made.cluster.shell("fs", "persist", "--parallelism", ABREAST, path)


def _must_be_saved(made: Ground, folder: str) -> None:
    pages = obstore.list(made.server.store(BUCKET), f"{folder}/")
    sizes = [each["size"] for page in pages for each in page if each["path"].endswith(".bin")]
    if sizes != [SIZE] * FILES:
        raise RuntimeError(f"the bucket has {len(sizes)} of {FILES} objects")
    made.books.empty(f"/s3/{folder}")
