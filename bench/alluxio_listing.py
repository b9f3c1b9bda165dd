"""List and stat of a directory with 10,000 files in Alluxio, beside its own `fs ls`."""

import os
import subprocess
import sys
from pathlib import Path

from avio.client.pagination import pages
from bench.alluxio_ground import Ground, ground, preload, timed
from bench.figures import Figure, spread

FILES, SIZE = 10_000, 1 << 10
CALLS = 5


def measure(directory: Path) -> list[Figure]:
    """Return the times of both, in turn, and how they compare."""
    with ground(directory) as made:
        body = bytes(SIZE)
        made.cluster.put({f"many/{no:06}.bin": body for no in range(FILES)})
        preload(made, "/many")
        _peer(made)
        lists, stats, commands, peers = [], [], [], []
        for _ in range(CALLS):
            lists.append(timed(lambda: _list(made)))
            stats.append(timed(lambda: made.avio.client.stat("/many")))
            commands.append(timed(lambda: _command(made)))
            peers.append(timed(lambda: _peer(made)))
    peer = sorted(peers)[CALLS // 2]
    ratios = {
        name: [peer / value for value in values]
        for name, values in {"GET /list": lists, "GET /stat": stats, "avio ls": commands}.items()
    }
    return [
        spread("10,000 children: GET /list, all pages", lists, "s"),
        spread("10,000 children: GET /stat", stats, "s"),
        spread("10,000 children: avio ls", commands, "s"),
        spread("10,000 children: fs ls", peers, "s"),
        spread("10,000 children: fs ls / GET /list", ratios["GET /list"], "x", at_least=5),
        spread("10,000 children: fs ls / GET /stat", ratios["GET /stat"], "x", at_least=5),
        spread("10,000 children: fs ls / avio ls", ratios["avio ls"], "x"),
    ]


def _list(made: Ground) -> None:
    found = pages(lambda token: made.avio.client.list("/many", depth=1, page_size=1000, page_token=token))
    _must_be_all(sum(len(page["entries"]) for page in found))


def _command(made: Ground) -> None:
    program = str(Path(sys.executable).with_name("avio"))
    environ = {**os.environ, "AVIO_URL": made.avio.url, "AVIO_TOKEN": made.avio.token}
    run = subprocess.run([program, "ls", "/many"], env=environ, check=True, capture_output=True, text=True)
    _must_be_all(run.stdout.count(".bin"))


def _peer(made: Ground) -> None:
    _must_be_all(made.cluster.shell("fs", "ls", "/many").count(".bin"))


def _must_be_all(count: int) -> None:
    if count != FILES:
        raise RuntimeError(f"{count} of {FILES} were listed")
