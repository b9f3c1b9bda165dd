"""Preload of 10,000 x 16 KiB from an S3 server, submit to terminal state, beside `s5cmd cp` of the same objects.

Same server, same machine, in turn; the cache and the peer's directory are emptied between the rounds.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from bench.figures import Figure, spread
from bench.objects import fill
from bench.stack import Stack, stack, toml
from tests.servers.seaweed import S3Server, seaweed

FILES, SIZE, ROUNDS = 10_000, 16 << 10, 5


def measure(directory: Path) -> list[Figure]:
    """Return both wall times and their ratio, round by round: above 1, avio is faster."""
    ours, peers = [], []
    with seaweed(directory / "s3") as server:
        url = server.make_bucket("bench")
        fill("bench", server.options, "small", FILES, SIZE)
        settings = toml({"/data": (url, server.options)}, {"MEM": directory / "mem"})
        with stack(directory / "home", settings) as running:
            for no in range(ROUNDS + 1):
                peer, our = _s5cmd(server, directory / "peer"), _preload(running, directory / "mem")
                if no:  # the first round warms both
                    peers.append(peer)
                    ours.append(our)
    ratios = [peer / our for peer, our in zip(peers, ours, strict=True)]
    return [
        spread("preload 10,000 x 16 KiB, submit to checked end", ours, "s"),
        spread("s5cmd cp of the same", peers, "s"),
        spread("s5cmd / avio", ratios, "x", at_least=1.0),
    ]


def _preload(running: Stack, tier: Path) -> float:
    shutil.rmtree(tier / "data", ignore_errors=True)
    began = time.monotonic()
    job = running.wait_for_end(running.client.preload({"alluxioUri": "/data/small"}))
    took = time.monotonic() - began
    if job["status"] != "succeeded" or job["verified"] != {"files": FILES, "bytes": FILES * SIZE}:
        raise RuntimeError(f"the preload ended {job['status']}: {job['message']}")
    return took


def _s5cmd(server: S3Server, target: Path) -> float:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    program = Path(sys.executable).with_name("s5cmd")
    environ = {
        "AWS_ACCESS_KEY_ID": server.options["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": server.options["secret_access_key"],
        "AWS_REGION": server.options["region"],
    }
    command = [str(program), "--endpoint-url", server.endpoint, "cp", "s3://bench/small/*", f"{target}/"]
    began = time.monotonic()
    subprocess.run(command, check=True, env={**os.environ, **environ}, stdout=subprocess.DEVNULL)
    took = time.monotonic() - began
    if sum(1 for file in target.rglob("*") if file.is_file()) != FILES:
        raise RuntimeError("the peer copied another number of files")
    return took
